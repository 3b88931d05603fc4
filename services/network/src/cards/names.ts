import type { SyncOptions } from "@proxbox/contracts/sync-options";
import { matchCards } from "./match.ts";
import type { GuestNetwork } from "./observe.ts";

/** Whether NetBox's interfaces are called as guests call them. */
export function areNamedByGuests(
  options: Pick<SyncOptions, "vm_interface_sync_strategy" | "use_guest_agent_interface_name">,
): boolean {
  return options.vm_interface_sync_strategy === "legacy_rename" && options.use_guest_agent_interface_name;
}

/** What a guest calls its cards, for `settleCards`; null where cards are called as the configuration calls them. Pure. */
export function guestNamesOf(
  { config, agent }: GuestNetwork,
  options: Parameters<typeof areNamedByGuests>[0],
): ReadonlyMap<string, string> | null {
  if (!areNamedByGuests(options)) return null;
  const behind = matchCards(config.nics, agent?.state === "ok" ? agent.interfaces : []);
  return new Map([...behind].flatMap(([key, [first]]) => (first ? [[key, first.name]] : [])));
}
