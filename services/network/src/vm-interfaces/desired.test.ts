import { expect, test } from "bun:test";
import { SyncOptions } from "@proxbox/contracts/sync-options";
import { Value } from "@sinclair/typebox/value";
import { desiredCard, otherMacs } from "./desired.ts";
import type { CardPlan } from "./facts.ts";

const options = (change: Partial<SyncOptions> = {}): SyncOptions => ({ ...Value.Create(SyncOptions), ...change });
const mac = "BC:24:11:00:00:01";
const row = (macs: CardPlan["mac"][], primaryMac: number | null = 101) => ({
  id: 5,
  name: "net0",
  ours: true,
  macs: macs.map((each, index) => ({ id: 101 + index, mac: each ?? "" })),
  primaryMac,
});
const card = (change: Partial<CardPlan> = {}): CardPlan => ({
  key: "net0",
  vm: 7,
  machine: "web",
  label: "web (vmid 100) net0",
  name: "net0",
  row: row([mac]),
  enabled: true,
  mtu: 1450,
  vlans: { mode: "tagged", untagged: 110, tagged: [120] },
  mac,
  bridge: 40,
  ...change,
});
const vm = { kind: "virtual-machine", id: 7 } as const;
const identity = { virtual_machine: vm, name: "net0" };
const common = { label: "web (vmid 100) net0", parent: "web" };

test("a new card is made with its MAC address, which then becomes its own", () => {
  const ref = { kind: "vm-interface", identity } as const;
  const made = {
    assigned_object_type: "virtualization.vminterface",
    assigned_object_id: ref,
    mac_address: mac,
  };
  expect(desiredCard(card({ row: null }), new Set(), options())).toEqual([
    {
      kind: "vm-interface",
      identity,
      values: {
        name: "net0",
        enabled: true,
        mtu: 1450,
        mode: "tagged",
        untagged_vlan: { kind: "vlan", id: 110 },
        tagged_vlans: [{ kind: "vlan", id: 120 }],
      },
      tags: { add: ["proxbox"], keep: false },
      ...common,
    },
    {
      kind: "mac-address",
      identity: made,
      values: { mac_address: mac },
      tags: { add: ["proxbox"] },
      ...common,
    },
    {
      kind: "primary-mac",
      identity,
      values: { primary_mac_address: { kind: "mac-address", identity: made } },
      ...common,
    },
    {
      kind: "sync-state-vm-interface",
      identity: { vm_interface: ref },
      values: { proxbox_bridge: { kind: "interface", id: 40 } },
      keep: [],
      create: true,
      ...common,
    },
  ]);
});

const kinds = (change: Partial<CardPlan>, ours: number[], opted: Partial<SyncOptions> = {}) =>
  desiredCard(card(change), new Set(ours), options(opted)).map(
    ({ kind, id, gone, values }) =>
      `${kind}${id === undefined ? "" : ` ${id}`}${gone ? " gone" : ""}${kind === "primary-mac" ? ` ${JSON.stringify(values.primary_mac_address)}` : ""}`,
  );
const own = "vm-interface 5";
const state = "sync-state-vm-interface";
const primary = (id: number) => `primary-mac 5 {"kind":"mac-address","id":${id}}`;

test.each<[string, Partial<CardPlan>, number[], Partial<SyncOptions>, string[]]>([
  ["nothing of its MAC address changes", {}, [101], {}, [own, state]],
  ["it is there, but not the interface's own", { row: row([mac], null) }, [101], {}, [own, primary(101), state]],
  [
    "it is another: ours is changed",
    { mac: "BC:24:11:00:00:09" },
    [101],
    {},
    [own, "mac-address 101", primary(101), state],
  ],
  [
    "a second one of ours is deleted",
    { row: row([mac, "BC:24:11:00:00:08"]) },
    [101, 102],
    {},
    [own, "mac-address 102 gone", state],
  ],
  ["a second one of an operator's stays", { row: row([mac, "BC:24:11:00:00:08"]) }, [101], {}, [own, state]],
  ["MAC addresses are left out", { mac: "BC:24:11:00:00:09" }, [101], { sync_mode_mac: "disabled" }, [own, state]],
  [
    "MAC addresses are only made",
    { mac: "BC:24:11:00:00:09" },
    [101],
    { sync_mode_mac: "bootstrap_only" },
    [own, state],
  ],
  [
    "interfaces are only made",
    { mac: "BC:24:11:00:00:09" },
    [101],
    { sync_mode_vm_interface: "bootstrap_only" },
    [own],
  ],
  ["it has none", { mac: null }, [101], {}, [own, state]],
])("%s", (_, change, ours, opted, expected) => {
  expect(kinds(change, ours, opted)).toEqual(expected);
});

test("the MAC address of an operator on the interface is not changed: the card's is added", () => {
  const [, added, chosen] = desiredCard(card({ mac: "BC:24:11:00:00:09" }), new Set(), options());
  expect(added).not.toHaveProperty("id");
  expect(chosen?.values.primary_mac_address).toMatchObject({ identity: { mac_address: "BC:24:11:00:00:09" } });
  expect(otherMacs(card({ mac: "BC:24:11:00:00:09" }))).toEqual([101]);
});

test("what is taken away is cleared, what is not known is left alone", () => {
  const [taken] = desiredCard(
    card({ mtu: null, vlans: { mode: null, untagged: null, tagged: [] } }),
    new Set(),
    options(),
  );
  expect(taken?.values).toMatchObject({ mtu: null, mode: null, untagged_vlan: null, tagged_vlans: [] });
  const [left] = desiredCard(card({ vlans: null, note: "why" }), new Set(), options());
  expect(left?.values).toEqual({ name: "net0", enabled: true, mtu: 1450 });
  expect(left?.note).toBe("why");
});

test("a bridge is cleared where it was, and left alone where it is not in NetBox", () => {
  const none = desiredCard(card({ bridge: null }), new Set(), options()).at(-1);
  expect(none).toMatchObject({ kind: state, values: { proxbox_bridge: null }, create: false });
  const { bridge: _, ...unknown } = card();
  expect(desiredCard(unknown, new Set(), options()).at(-1)?.kind).toBe("vm-interface");
});

test("the overwrite flags protect tags and the sidecar", () => {
  const protecting = { overwrite_vm_interface_tags: false, overwrite_vm_interface_custom_fields: false };
  const all = desiredCard(card(), new Set(), options(protecting));
  expect(all[0]?.tags?.keep).toBe(true);
  expect(all.at(-1)?.keep).toEqual(["proxbox_bridge"]);
});
