import { expect, test } from "bun:test";
import type { EstateGuest } from "@proxbox/estate/estates";
import { parseNic } from "@proxbox/proxmox/parse/nic";
import { planCard, vidsOf, vlanNeeds } from "./plan.ts";

const guest = (site: number | null = 1) =>
  ({ vmid: 100, name: "web", node: "pve1", vm: { id: 7, name: "web (2)", site } }) as EstateGuest;
const support = {
  vlans: new Map([
    ["1/10", 110],
    ["1/20", 120],
    ["1/30", 130],
  ]),
  bridges: new Map([["4/vmbr0", 40]]),
};
const plan = (text: string, { site = 1, device = 4 }: { site?: number | null; device?: number | null } = {}) =>
  planCard(guest(site), { nic: parseNic("net0", text), name: "net0", row: null }, device, support);

const plain = "virtio=BC:24:11:00:00:01,bridge=vmbr0";

test("everything that a card says is in the plan", () => {
  expect(plan(`${plain},firewall=1,mtu=9000`)).toEqual({
    key: "net0",
    vm: 7,
    machine: "web (2)",
    label: "web (vmid 100) net0",
    name: "net0",
    row: null,
    enabled: true,
    mtu: 9000,
    vlans: { mode: null, untagged: null, tagged: [] },
    mac: "BC:24:11:00:00:01",
    bridge: 40,
  });
});

test.each<[string, ReturnType<typeof plan>["vlans"]]>([
  [",tag=10", { mode: "access", untagged: 110, tagged: [] }],
  [",tag=10,trunks=20;30", { mode: "tagged", untagged: 110, tagged: [120, 130] }],
  [",trunks=20;30", { mode: "tagged", untagged: null, tagged: [120, 130] }],
  [",trunks=2-4094", { mode: "tagged-all", untagged: null, tagged: [] }],
  [",tag=10,trunks=1-4094", { mode: "tagged-all", untagged: 110, tagged: [] }],
  [",tag=11", null],
  [",tag=10,trunks=20;21", null],
])("VLANs of%s", (text, vlans) => {
  expect(plan(plain + text).vlans).toEqual(vlans);
});

test("a VLAN that could not be made leaves the interface's VLANs alone, and it is told", () => {
  expect(plan(`${plain},tag=11`).note).toBe("NetBox has not all of its VLANs (11), so its VLANs are left alone.");
  expect(plan(`${plain},tag=10`, { site: null }).vlans).toBeNull();
});

test.each([
  ["e1000=BC:24:11:00:00:01,bridge=vmbr0,link_down=1", { enabled: false, mac: "BC:24:11:00:00:01" }],
  ["name=eth0,bridge=vmbr0,hwaddr=bc:24:11:aa:bb:cc,ip=10.0.0.5/24,tag=20,type=veth", { mac: "BC:24:11:AA:BB:CC" }],
  ["virtio=BC:24:11:00:00:01", { bridge: null }],
])("%s", (text, expected) => {
  expect(plan(text)).toMatchObject(expected);
});

test("a bridge that NetBox does not have is told of", () => {
  for (const [text, device] of [
    [plain, null],
    [plain.replace("vmbr0", "vnet1"), 4],
  ] as const) {
    const card = plan(text, { device });
    expect(card).not.toHaveProperty("bridge");
    expect(card.note).toMatch(/^Its bridge \w+ is not in NetBox\.$/);
  }
});

test("VLANs are needed for the site of the machine; all of them at once are none by number", () => {
  const nics = [parseNic("net0", `${plain},tag=10,trunks=20`), parseNic("net1", `${plain},trunks=2-4094`)];
  expect(vlanNeeds(guest(3), nics)).toEqual([
    { site: 3, vid: 10 },
    { site: 3, vid: 20 },
  ]);
  expect(vlanNeeds(guest(null), nics.slice(1))).toEqual([]);
  expect(vidsOf({ vlan: null, trunks: [5] })).toEqual([5]);
});
