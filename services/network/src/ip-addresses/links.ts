import type { ObjectOutcome } from "@proxbox/contracts/messages";
import type { NetBoxClient } from "@proxbox/netbox/client";
import { unreadableLinks } from "../addresses/release.ts";

/** The plugin's rows of guests' own interfaces, by `guestInterfaceKey`, and the addresses linked to each. */
export type GuestLinks = {
  interfaces: ReadonlyMap<string, number>;
  links: { id: number; guestInterface: number; address: number }[];
};

/** What was read; without links where the plugin cannot list them, and then what is told of that. */
export type ReadLinks = { known: GuestLinks | null; outcomes: ObjectOutcome[] };

/** The key of a guest's own interface. */
export function guestInterfaceKey(vm: number, name: string): string {
  return `${vm}/${name}`;
}

type ListedInterface = { id: number; name: string; virtual_machine: { id: number } };
type ListedLink = { id: number; guest_interface: { id: number }; ip_address: { id: number } };

/**
 * Reads the guests' own interfaces and their addresses: of all machines, where not only a few were asked for.
 * Throws NetBoxAPIError as the client does.
 */
export async function readGuestLinks(
  client: NetBoxClient,
  few: readonly number[] | null,
  signal: AbortSignal,
): Promise<ReadLinks> {
  const path = "plugins/proxbox/guest-vm-interfaces";
  const scope = few ? { virtual_machine_id: few } : {};
  const listed =
    few?.length === 0
      ? []
      : await client.list<ListedInterface>(path, { ...scope, fields: "id,name,virtual_machine" }, signal);
  if (listed.length === 0) return { known: { interfaces: new Map(), links: [] }, outcomes: [] };
  const interfaces = new Map(listed.map(({ id, name, virtual_machine: vm }) => [guestInterfaceKey(vm.id, name), id]));
  try {
    const query = few ? { guest_interface_id: [...interfaces.values()] } : {};
    const fields = "id,guest_interface,ip_address";
    const links = await client.list<ListedLink>(`${path.slice(0, -1)}-addresses`, { ...query, fields }, signal);
    const known = links.map((link) => ({
      id: link.id,
      guestInterface: link.guest_interface.id,
      address: link.ip_address.id,
    }));
    return { known: { interfaces, links: known }, outcomes: [] };
  } catch (thrown) {
    return { known: null, outcomes: [unreadableLinks(thrown)] };
  }
}
