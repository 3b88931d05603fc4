import type { EstateGuest } from "@proxbox/estate/estates";
import type { Nic } from "@proxbox/proxmox/parse/nic";
import { labelOf } from "../cards/observe.ts";
import type { Card } from "../cards/settle.ts";
import { type VlanNeed, vlanKey } from "../vlans/settle.ts";
import type { CardPlan, CardVlans } from "./facts.ts";

/** What was found or made in NetBox for the cards of a run, by `vlanKey` and `bridgeKey`. */
export type CardSupport = { vlans: ReadonlyMap<string, number>; bridges: ReadonlyMap<string, number> };

/** A bridge of a node, by the id and name of its device. */
export type BridgeNeed = { device: number; node: string; name: string };

/** The key of a bridge that is needed. */
export function bridgeKey({ device, name }: Pick<BridgeNeed, "device" | "name">): string {
  return `${device}/${name}`;
}

/** All VLANs there are but the first, which no bridge tags: what `trunks=2-4094` lets pass. */
const everyVlan = 4_093;

/** The VLANs that a card needs in NetBox: none by number where all of them pass. */
export function vidsOf({ vlan, trunks }: Pick<Nic, "vlan" | "trunks">): number[] {
  const own = vlan === null ? [] : [vlan];
  return passesAll({ vlan, trunks }) ? own : [...own, ...trunks];
}

/** The VLANs that a guest's cards need. */
export function vlanNeeds({ vm: { site } }: EstateGuest, nics: readonly Nic[]): VlanNeed[] {
  return nics.flatMap(vidsOf).map((vid) => ({ site, vid }));
}

/** A guest's card as NetBox should have it. Pure. @param device the device of the guest's node */
export function planCard(
  guest: EstateGuest,
  { nic, name, row }: Card,
  device: number | null,
  support: CardSupport,
): CardPlan {
  const vlans = vlansOf(guest, nic, support.vlans);
  const bridge = bridgeOf(nic, device, support.bridges);
  const notes = [
    ...(vlans === null
      ? [`NetBox has not all of its VLANs (${vidsOf(nic).join(", ")}), so its VLANs are left alone.`]
      : []),
    ...(bridge === undefined ? [`Its bridge ${nic.bridge} is not in NetBox.`] : []),
  ];
  return {
    key: nic.key,
    vm: guest.vm.id,
    machine: guest.vm.name,
    label: `${labelOf(guest)} ${nic.key}`,
    name,
    row,
    enabled: !nic.linkDown,
    mtu: nic.mtu,
    vlans,
    mac: nic.mac,
    ...(bridge === undefined ? {} : { bridge }),
    ...(notes.length > 0 ? { note: notes.join(" ") } : {}),
  };
}

function passesAll({ vlan, trunks }: Pick<Nic, "vlan" | "trunks">): boolean {
  return new Set([...trunks, vlan ?? 0]).difference(new Set([0, 1])).size === everyVlan;
}

function vlansOf(guest: EstateGuest, nic: Nic, ids: ReadonlyMap<string, number>): CardVlans | null {
  const { site } = guest.vm;
  const idOf = (vid: number) => ids.get(vlanKey({ site, vid }));
  const untagged = nic.vlan === null ? null : idOf(nic.vlan);
  if (untagged === undefined) return null;
  if (passesAll(nic)) return { mode: "tagged-all", untagged, tagged: [] };
  const tagged = nic.trunks.map(idOf).filter((id) => id !== undefined);
  if (tagged.length < nic.trunks.length) return null;
  return { mode: tagged.length > 0 ? "tagged" : untagged === null ? null : "access", untagged, tagged };
}

function bridgeOf(nic: Nic, device: number | null, ids: ReadonlyMap<string, number>): number | null | undefined {
  if (nic.bridge === null) return null;
  return device === null ? undefined : ids.get(bridgeKey({ device, name: nic.bridge }));
}
