import type { SyncOptions } from "@proxbox/contracts/sync-options";
import { assignedTo, createOnly, type Desired, type Ref } from "@proxbox/netbox/desired";
import { oursTag } from "@proxbox/netbox/tags";
import type { CardPlan } from "./facts.ts";

/**
 * What NetBox should hold for one network card: the interface, its MAC address and which bridge it is on. Pure.
 * `enabled` follows the card: an interface that is switched off in NetBox alone is on again after the next run.
 * @param ours the ids of MAC addresses that carry our tag
 */
export function desiredCard(card: CardPlan, ours: ReadonlySet<number>, options: SyncOptions): Desired[] {
  const ref = cardRef(card);
  const own = desiredInterface(card, options);
  if (options.sync_mode_vm_interface === "bootstrap_only" && card.row) return [createOnly(own)];
  const mac = options.sync_mode_mac === "disabled" ? [] : desiredMac(card, ref, ours, options);
  return [own, ...mac, ...desiredState(card, ref, options)];
}

/** The symbolic reference to a card's interface. */
export function cardRef({ row, ...card }: Pick<CardPlan, "row" | "vm" | "name">): Ref {
  return row ? { kind: "vm-interface", id: row.id } : { kind: "vm-interface", identity: identityOf(card) };
}

/** The MAC addresses of a card's interface that are not the card's: they are changed or deleted where they are ours. */
export function otherMacs({ row, mac }: Pick<CardPlan, "row" | "mac">): number[] {
  return mac === null ? [] : (row?.macs ?? []).filter((known) => known.mac !== mac).map(({ id }) => id);
}

function identityOf({ vm, name }: Pick<CardPlan, "vm" | "name">) {
  return { virtual_machine: { kind: "virtual-machine", id: vm } satisfies Ref, name };
}

function desiredInterface(card: CardPlan, options: SyncOptions): Desired {
  const { row, name, enabled, mtu, vlans, label, machine, note } = card;
  const vlan = (id: number): Ref => ({ kind: "vlan", id });
  return {
    kind: "vm-interface",
    ...(row ? { id: row.id } : {}),
    identity: identityOf(card),
    values: {
      name,
      enabled,
      mtu,
      ...(vlans
        ? {
            mode: vlans.mode,
            untagged_vlan: vlans.untagged === null ? null : vlan(vlans.untagged),
            tagged_vlans: vlans.tagged.map(vlan),
          }
        : {}),
    },
    tags: { add: [oursTag], keep: !options.overwrite_vm_interface_tags },
    label,
    parent: machine,
    ...(note ? { note } : {}),
  };
}

/**
 * The MAC address of a card. Where it has changed, the object we made is changed with it, so that whatever else an operator
 * assigned to the interface stays.
 */
function desiredMac(card: CardPlan, ref: Ref, ours: ReadonlySet<number>, options: SyncOptions): Desired[] {
  const { row, mac, label, machine: parent } = card;
  if (mac === null || (options.sync_mode_mac === "bootstrap_only" && row && row.macs.length > 0)) return [];
  const [former, ...more] = otherMacs(card).filter((id) => ours.has(id));
  const known = row?.macs.find((one) => one.mac === mac)?.id;
  const identity = { ...assignedTo(ref), mac_address: mac };
  const gone = (id: number): Desired => ({
    kind: "mac-address",
    id,
    identity: {},
    values: {},
    gone: true,
    label,
    parent,
  });
  if (known !== undefined) {
    const primary = desiredPrimary(card, { kind: "mac-address", id: known });
    return [
      ...(row?.primaryMac === known ? [] : [primary]),
      ...[former, ...more].flatMap((id) => (id ? [gone(id)] : [])),
    ];
  }
  const id = former === undefined ? {} : { id: former };
  return [
    { kind: "mac-address", ...id, identity, values: { mac_address: mac }, tags: { add: [oursTag] }, label, parent },
    desiredPrimary(card, { kind: "mac-address", ...(former === undefined ? { identity } : { id: former }) }),
    ...more.map(gone),
  ];
}

function desiredPrimary(card: CardPlan, mac: Ref): Desired {
  return {
    kind: "primary-mac",
    ...(card.row ? { id: card.row.id } : {}),
    identity: identityOf(card),
    values: { primary_mac_address: mac },
    label: card.label,
    parent: card.machine,
  };
}

function desiredState({ bridge, label, machine: parent }: CardPlan, ref: Ref, options: SyncOptions): Desired[] {
  if (bridge === undefined) return [];
  return [
    {
      kind: "sync-state-vm-interface",
      identity: { vm_interface: ref },
      values: { proxbox_bridge: bridge === null ? null : ({ kind: "interface", id: bridge } satisfies Ref) },
      keep: options.overwrite_vm_interface_custom_fields ? [] : ["proxbox_bridge"],
      // A card on no bridge only has a row that says so where it was on one before.
      create: bridge !== null,
      label,
      parent,
    },
  ];
}
