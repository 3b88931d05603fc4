import { describe, expect, test } from "bun:test";
import { SyncOptions } from "@proxbox/contracts/sync-options";
import { Value } from "@sinclair/typebox/value";
import { desiredNode, desiredReleases } from "./desired.ts";
import type { PlannedInterface, PlannedNode } from "./facts.ts";

const options = Value.Default(SyncOptions, {}) as SyncOptions;
const planned = (name: string, change: Partial<PlannedInterface> = {}): PlannedInterface => ({
  name,
  type: "other",
  enabled: true,
  mtu: null,
  mac: null,
  comment: "",
  addresses: [],
  lag: null,
  bridge: null,
  parent: null,
  vlan: null,
  keepsType: false,
  vlanId: null,
  ...change,
});
const node = (change: Partial<PlannedNode> = {}): PlannedNode => ({
  name: "pve1",
  device: 1,
  deviceName: "rack-1",
  interfaces: [],
  addresses: [],
  primary: null,
  left: [],
  gone: [],
  told: [],
  ...change,
});
const device = { kind: "device", id: 1 };
const port = (name: string) => ({ kind: "interface", identity: { device, name } });
const claim = (host: string) => ({
  address: `${host}/24`,
  host,
  at: { type: "dcim.interface" as const, id: -1 },
  owner: "device/1",
  label: "rack-1 vmbr0",
});
const onePort = (change: Partial<PlannedInterface>, flags: Partial<SyncOptions> = {}) =>
  desiredNode(node({ interfaces: [planned("eno1", change)] }), { ...options, ...flags })[0];

describe("an interface", () => {
  test("has everything that Proxmox says, and what it hangs on by name", () => {
    const one = { lag: "bond0", bridge: "vmbr0", enabled: false, mtu: 9000, comment: "uplink" };
    expect(onePort(one)).toEqual({
      kind: "interface",
      identity: { device: { kind: "device", id: 1 }, name: "eno1" },
      values: {
        type: "other",
        enabled: false,
        mtu: 9000,
        lag: { kind: "interface", identity: { device: { kind: "device", id: 1 }, name: "bond0" } },
        bridge: { kind: "interface", identity: { device: { kind: "device", id: 1 }, name: "vmbr0" } },
        parent: null,
        description: "uplink",
      },
      keep: [],
      tags: { add: ["proxbox"], keep: false },
      label: "pve1 eno1",
      parent: "rack-1",
    });
  });

  test("without a comment keeps the description an operator gave it", () => {
    expect(onePort({})?.values).not.toHaveProperty("description");
  });

  test("keeps its type and its tags where that was settled or asked for", () => {
    expect(onePort({ keepsType: true })?.keep).toEqual(["type"]);
    expect(onePort({}, { overwrite_node_interface_tags: false })?.tags).toMatchObject({ keep: true });
  });

  test.each<[PlannedInterface["vlan"], number | null, Record<string, unknown>]>([
    [null, null, {}],
    ["none", null, { mode: null, untagged_vlan: null, tagged_vlans: [] }],
    [{ mode: "tagged", vid: 10 }, 7, { mode: "tagged", untagged_vlan: null, tagged_vlans: [{ kind: "vlan", id: 7 }] }],
    [{ mode: "access", vid: 10 }, 7, { mode: "access", untagged_vlan: { kind: "vlan", id: 7 }, tagged_vlans: [] }],
  ])("in VLAN %o", (vlan, vlanId, expected) => {
    const fields = new Set(["mode", "untagged_vlan", "tagged_vlans"]);
    const values = Object.entries(onePort({ vlan, vlanId })?.values ?? {}).filter(([field]) => fields.has(field));
    expect(Object.fromEntries(values)).toEqual(expected);
  });

  test("with a MAC address has it as a row of its own, and as its first", () => {
    const [, mac, primary] = desiredNode(node({ interfaces: [planned("eno1", { mac: "AA:BB" })] }), options);
    const identity = { assigned_object_type: "dcim.interface", assigned_object_id: port("eno1"), mac_address: "AA:BB" };
    expect(mac).toMatchObject({ kind: "mac-address", identity, tags: { add: ["proxbox"] } });
    expect(primary).toMatchObject({
      kind: "interface-primary-mac",
      identity: { device, name: "eno1" },
      values: { primary_mac_address: { kind: "mac-address", identity } },
    });
  });
});

describe("an address", () => {
  const row = { id: 5, address: "", host: "", global: true, at: null, owner: null, label: "", ours: true, plain: true };
  const fresh = { interface: "vmbr0", family: 4, settled: { state: "create", claim: claim("192.0.2.1") } } as const;
  const adopted = { ...fresh, settled: { state: "adopt", claim: claim("192.0.2.1"), row } } as const;

  test("goes on its interface, also when that is still to be made", () => {
    const [made] = desiredNode(node({ addresses: [fresh] }), options);
    expect(made).toMatchObject({
      kind: "ip-address",
      identity: { address: "192.0.2.1/24", assigned_object_type: "dcim.interface", assigned_object_id: port("vmbr0") },
      values: { status: "active" },
      label: "rack-1 vmbr0 192.0.2.1/24",
      parent: "rack-1",
    });
    expect(made).not.toHaveProperty("id");
  });

  test("that is there is recognised by its row; the flags protect what they name", () => {
    const flags = { overwrite_ip_status: false, overwrite_ip_tags: false };
    const [found] = desiredNode(node({ addresses: [adopted] }), { ...options, ...flags });
    expect(found).toMatchObject({ id: 5, values: { address: "192.0.2.1/24" }, tags: { keep: true } });
    expect(found?.keep).toContain("status");
  });

  test.each([
    [fresh, { kind: "ip-address", identity: { address: "192.0.2.1/24" } }],
    [adopted, { kind: "ip-address", id: 5 }],
  ])("becomes the device's primary one %#", (address, ref) => {
    const primary = desiredNode(node({ addresses: [address], primary: "192.0.2.1" }), options).at(-1);
    expect(primary).toMatchObject({ kind: "device-primary-addresses", id: 1, values: { primary_ip4: ref } });
  });
});

test("who only wants made what is missing changes nothing that is there", () => {
  const settled = { state: "create", claim: claim("192.0.2.1") } as const;
  const all = desiredNode(
    node({
      interfaces: [planned("vmbr0", { mac: "AA:BB" })],
      addresses: [{ interface: "vmbr0", family: 4, settled }],
      primary: "192.0.2.1",
    }),
    { ...options, sync_mode_node: "bootstrap_only" },
  );
  expect(all).toHaveLength(5);
  for (const { values, keep = [], keepIfSet = [], tags } of all) {
    expect([...keep, ...keepIfSet].toSorted()).toEqual(Object.keys(values).toSorted());
    expect(tags?.keep ?? true).toBe(true);
  }
});

test("primary addresses are let go device by device", () => {
  const releases = [
    { device: 1, family: 4 },
    { device: 2, family: 6 },
    { device: 1, family: 6 },
  ] as const;
  expect(desiredReleases([node()], releases)).toMatchObject([
    { id: 1, values: { primary_ip4: null, primary_ip6: null }, label: "rack-1" },
    { id: 2, values: { primary_ip6: null }, label: "device 2" },
  ]);
});
