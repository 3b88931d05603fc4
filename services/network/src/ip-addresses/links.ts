import type { ObjectOutcome } from "@proxbox/contracts/messages";
import type { NetBoxClient } from "@proxbox/netbox/client";
import { oursTag } from "@proxbox/netbox/tags";
import { unreadableLinks } from "../addresses/release.ts";

/** The plugin's rows of guests' own interfaces, by `guestInterfaceKey`, and what is linked to them. */
export type GuestLinks = {
  interfaces: ReadonlyMap<string, number>;
  /** The addresses linked to each, as `<guest interface>/<address>`. */
  addresses: ReadonlySet<string>;
  /** Those of the links that carry our tag. */
  ours: { id: number; vm: number; guestInterface: number; address: number }[];
};

/** What was read; without links where the plugin cannot list them, and then what is told of that. */
export type ReadLinks = { known: GuestLinks | null; outcomes: ObjectOutcome[] };

/** The key of a guest's own interface. */
export function guestInterfaceKey(vm: number, name: string): string {
  return `${vm}/${name}`;
}

type ListedInterface = { id: number; name: string; virtual_machine: { id: number } };
type ListedLink = {
  id: number;
  guest_interface: { id: number };
  ip_address: { id: number };
  tags: { slug: string }[];
};

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
  const isAsked = few === null || few.length > 0;
  const fields = "id,name,virtual_machine";
  const listed = isAsked ? await client.list<ListedInterface>(path, { ...scope, fields }, signal) : [];
  const machines = new Map(listed.map(({ id, virtual_machine: vm }) => [id, vm.id]));
  const interfaces = new Map(listed.map(({ id, name, virtual_machine: vm }) => [guestInterfaceKey(vm.id, name), id]));
  try {
    const found = listed.length > 0 ? await readLinks(client, few ? [...machines.keys()] : null, signal) : [];
    const ours = found.flatMap(({ id, guest_interface: { id: guestInterface }, ip_address: { id: address }, tags }) => {
      const vm = machines.get(guestInterface);
      return vm !== undefined && tags.some(({ slug }) => slug === oursTag) ? [{ id, vm, guestInterface, address }] : [];
    });
    const addresses = new Set(found.map((link) => `${link.guest_interface.id}/${link.ip_address.id}`));
    return { known: { interfaces, addresses, ours }, outcomes: [] };
  } catch (thrown) {
    return { known: null, outcomes: [unreadableLinks(thrown)] };
  }
}

async function readLinks(client: NetBoxClient, few: readonly number[] | null, signal: AbortSignal) {
  const query = few ? { guest_interface_id: few } : {};
  const fields = "id,guest_interface,ip_address,tags";
  return client.list<ListedLink>("plugins/proxbox/guest-vm-interface-addresses", { ...query, fields }, signal);
}
