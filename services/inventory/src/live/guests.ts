import { isProxmoxError } from "@proxbox/proxmox/failures";
import { nodePath } from "@proxbox/proxmox/read-rows";
import {
  guestFirewall,
  readFirewallAliases,
  readFirewallOptions,
  readFirewallRules,
  readIpSets,
} from "@proxbox/proxmox/resources/firewall";
import { readGuestConfig } from "@proxbox/proxmox/resources/guests";
import { type GuestType, readListing } from "@proxbox/proxmox/resources/listing";
import { askNode, namesOf, type Site } from "./ask-all.ts";
import { badQuestion, notThere } from "./failures.ts";
import { ipSetShape } from "./firewall-shape.ts";
import { guestConfigShape } from "./guest-shape.ts";
import type { Live, LiveHandler } from "./live.ts";
import { guestTypeOf, segmentOf, vmidOf } from "./params.ts";

type Place = { node: string; type: GuestType; vmid: number };

/** The configuration of a guest. */
export const guestConfig: LiveHandler = (live) =>
  readGuest(live, async ({ client, signal }, place) =>
    guestConfigShape(await readGuestConfig(client, place, signal), place.type),
  );

/** The firewall of a guest: its options, rules, aliases and sets of addresses. */
export const guestFirewallWhole: LiveHandler = (live) =>
  readGuest(live, async ({ client, signal }, place) => {
    const of = guestFirewall(place);
    const [options, rules, aliases, ipSets] = await Promise.all([
      readFirewallOptions(client, of, signal),
      readFirewallRules(client, of, signal),
      readFirewallAliases(client, of, signal),
      readIpSets(client, of, signal),
    ]);
    return { options, rules, aliases, ipset: ipSets.map(ipSetShape) };
  });

/** Reads something of the one guest that a question names; it may have moved to another node meanwhile. */
async function readGuest(live: Live, read: (site: Site, place: Place) => Promise<unknown>): Promise<unknown> {
  const place = { node: segmentOf(live.params, "node"), type: guestTypeOf(live.params), vmid: vmidOf(live.params) };
  const answers = await askNode(live, place.node, async (site) => {
    try {
      return [await read(site, place)];
    } catch (thrown) {
      if (!isProxmoxError(thrown, "proxmox_not_found")) throw thrown;
      const moved = await whereIs(site, place);
      return moved ? [await read(site, moved)] : [];
    }
  });
  const [found, another] = answers.flat();
  const what = `${nodePath(place.node, place.type, place.vmid)}`;
  if (another !== undefined) throw badQuestion(`Several endpoints have ${what}; say which by proxmox_endpoint_ids.`);
  if (found === undefined) throw notThere(`There is no guest ${what} in ${namesOf(live)}.`);
  return found;
}

async function whereIs({ client, signal }: Site, { node, type, vmid }: Place): Promise<Place | null> {
  const { guests } = await readListing(client, signal);
  const guest = guests.find((each) => each.vmid === vmid && each.type === type);
  return guest && guest.node !== node ? { node: guest.node, type, vmid } : null;
}
