import type { SyncOptions } from "@proxbox/contracts/sync-options";
import { type AddressScope, type GuestAddress, parseCidr } from "@proxbox/proxmox/parse/guest-address";
import type { IpConfig } from "@proxbox/proxmox/parse/ip-config";
import type { Nic } from "@proxbox/proxmox/parse/nic";
import { matchCards } from "../cards/match.ts";
import type { GuestNetwork } from "../cards/observe.ts";

/** An address that a network card has. */
export type WantedAddress = {
  /** Key of the card. */
  card: string;
  address: GuestAddress;
  /** The guest's own interface that has it; null: only the configuration says so. */
  guestInterface: string | null;
  /** Whether it counts only as long as NetBox knows no other address of its family there. */
  lastResort: boolean;
};

/** The addresses of a guest, in the order of its cards. */
export type GuestAddresses = {
  wanted: WantedAddress[];
  /** Addresses that NetBox gives to no interface. */
  unusable: { card: string; address: GuestAddress }[];
  /**
   * Whether all addresses of this family are known that a card has, or, null, that any other interface of the machine has:
   * only then an address is proven to be gone.
   */
  isWhole(card: string | null, family: 4 | 6): boolean;
};

type Options = Pick<SyncOptions, "ignore_ipv6_link_local_addresses" | "primary_ip_preference">;

/**
 * The addresses that a guest has. Pure. What the guest itself tells comes first; a card of which it tells none has what its
 * configuration sets: a container's own, a machine's for cloud-init. A guest that does not answer keeps what is known of it,
 * so that its configuration proves something only where nobody else could know better.
 */
export function wantedAddresses(network: GuestNetwork, options: Options): GuestAddresses {
  const { guest, config, agent } = network;
  const tells = agent?.state === "ok";
  const behind = matchCards(config.nics, tells ? agent.interfaces : []);
  const isSettled =
    agent?.state === "none" && (agent.reason === "disabled" || (guest.type === "lxc" && agent.reason === "stopped"));
  const lastResort = !tells && !isSettled && guest.type === "qemu";
  const result: GuestAddresses = {
    wanted: [],
    unusable: [],
    isWhole: (card, family) =>
      tells || (isSettled && config.nics.some((nic) => nic.key === card && isStatic(nic, config.ipConfigs, family))),
  };
  for (const nic of config.nics) {
    const told = (behind.get(nic.key) ?? []).flatMap(({ name, addresses }) =>
      addresses.map((address) => ({ address, guestInterface: name })),
    );
    const heard = usable(told, options);
    const set = settingsOf(nic, config.ipConfigs).flatMap(({ address }) => parseCidr(address) ?? []);
    const configured = usable(
      set.map((address) => ({ address, guestInterface: null })),
      options,
    );
    const chosen = heard.length > 0 ? heard : configured;
    for (const { address, guestInterface } of chosen) {
      if (isAssignable(address.scope)) result.wanted.push({ card: nic.key, address, guestInterface, lastResort });
      else result.unusable.push({ card: nic.key, address });
    }
  }
  return result;
}

type Told = { address: GuestAddress; guestInterface: string | null };

/** The addresses that mean something outside of the guest, each once, the preferred family first. */
function usable(
  told: readonly Told[],
  { ignore_ipv6_link_local_addresses: ignore, primary_ip_preference: first }: Options,
) {
  const meaningful = told.filter(
    ({ address: { scope } }) => isAssignable(scope) || scope === "network" || scope === "broadcast",
  );
  const kept = meaningful.filter(({ address }) => !(ignore && address.scope === "link-local"));
  const once = [...Map.groupBy(kept, ({ address }) => address.host).values()].flatMap(([one]) => one ?? []);
  const preferred = first === "ipv6" ? 6 : 4;
  return once.toSorted(
    (left, right) => Number(right.address.family === preferred) - Number(left.address.family === preferred),
  );
}

function isAssignable(scope: AddressScope): boolean {
  return scope === "global" || scope === "link-local";
}

function settingsOf(nic: Nic, configs: Readonly<Record<number, IpConfig>>) {
  const { ip4, ip6 } = configs[nic.index] ?? nic;
  return [ip4, ip6];
}

function isStatic(nic: Nic, configs: Readonly<Record<number, IpConfig>>, family: 4 | 6): boolean {
  const [ip4, ip6] = settingsOf(nic, configs);
  return (family === 4 ? ip4 : ip6)?.mode === "static";
}
