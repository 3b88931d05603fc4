import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { parseNic, parseNics, parseTrunks } from "./nic.ts";

const none = { mode: null, address: null, gateway: null };
const plain = {
  key: "net0",
  index: 0,
  model: "virtio",
  name: null,
  mac: "AA:BB:CC:DD:EE:FF",
  bridge: "vmbr0",
  vlan: null,
  trunks: [],
  linkDown: false,
  mtu: null,
  firewall: false,
  ip4: none,
  ip6: none,
};

describe("parseNic", () => {
  test.each([
    [
      "virtio=AA:BB:CC:DD:EE:FF,bridge=vmbr0,firewall=1,tag=10,trunks=20;30",
      { ...plain, firewall: true, vlan: 10, trunks: [20, 30] },
    ],
    ["virtio=aa:bb:cc:dd:ee:ff,bridge=vmbr0", plain],
    ["model=virtio,macaddr=AA:BB:CC:DD:EE:FF,bridge=vmbr0", plain],
    ["bridge=vmbr0,virtio=AA:BB:CC:DD:EE:FF", plain],
    ["virtio=AA:BB:CC:DD:EE:FF,bridge=vmbr0,link_down=1", { ...plain, linkDown: true }],
    ["virtio=AA:BB:CC:DD:EE:FF,bridge=vmbr0,mtu=9000", { ...plain, mtu: 9000 }],
    ["virtio=AA:BB:CC:DD:EE:FF,bridge=vmbr0,mtu=1", plain],
    ["virtio=AA:BB:CC:DD:EE:FF,bridge=vmbr0,tag=4095", plain],
    ["virtio=AA:BB:CC:DD:EE:FF,bridge=vmbr0,tag=10,trunks=10;11", { ...plain, vlan: 10, trunks: [11] }],
    ["virtio=AA:BB:CC:DD:EE:FF", { ...plain, bridge: null }],
    ["virtio,bridge=vmbr0", { ...plain, mac: null }],
    ["", { ...plain, model: null, mac: null, bridge: null }],
  ])("%s", (text, nic) => expect(parseNic("net0", text)).toEqual(nic));

  test.each([
    "virtio",
    "e1000",
    "e1000-82540em",
    "e1000-82544gc",
    "e1000-82545em",
    "e1000e",
    "i82551",
    "i82557b",
    "i82559er",
    "ne2k_isa",
    "ne2k_pci",
    "pcnet",
    "rtl8139",
    "vmxnet3",
  ])("the model %s holds the MAC address", (model) => {
    const nic = parseNic("net1", `${model}=AA:BB:CC:DD:EE:01,bridge=vmbr0,link_down=1`);
    expect(nic).toMatchObject({ index: 1, model, mac: "AA:BB:CC:DD:EE:01", linkDown: true });
  });

  test("a container's card", () => {
    const text = "name=eth0,bridge=vmbr0,gw=10.0.0.1,hwaddr=BC:24:11:AA:BB:CC,ip=10.0.0.5/24,ip6=auto,tag=5,type=veth";
    expect(parseNic("net2", text)).toEqual({
      ...plain,
      key: "net2",
      index: 2,
      model: "veth",
      name: "eth0",
      mac: "BC:24:11:AA:BB:CC",
      vlan: 5,
      ip4: { mode: "static", address: "10.0.0.5/24", gateway: "10.0.0.1" },
      ip6: { mode: "auto", address: null, gateway: null },
    });
    expect(parseNic("net0", "name=eth0,ip=dhcp,ip6=2001:DB8::5/64,gw6=fe80::1").ip6).toEqual({
      mode: "static",
      address: "2001:db8::5/64",
      gateway: "fe80::1",
    });
  });
});

test("cards are in the order of their numbers; netx is none", () => {
  const config = { net10: "virtio", net0: "virtio", netx: "virtio", net2: "virtio", net3: 7, network: "virtio" };
  expect(parseNics(config).map(({ key }) => key)).toEqual(["net0", "net2", "net10"]);
});

test.each([
  ["20;30", [20, 30]],
  ["30;20-22;21", [20, 21, 22, 30]],
  ["4093-9999", [4093, 4094]],
  ["0-2", [1, 2]],
  ["5-3", []],
  ["x;7;;1.5", [7]],
  [undefined, []],
])("the trunks %p are %p", (text, vlans) => expect(parseTrunks(text)).toEqual(vlans));

test("no text makes it throw, and what is found is in its range", () => {
  const part = fc.oneof(
    fc.string(),
    fc.constantFrom("virtio=", "e1000=AA:BB:CC:DD:EE:01", "tag=", "trunks=1-99999;x", "mtu=-1", "ip=10.0.0.1", "="),
    fc.tuple(fc.constantFrom("tag", "mtu", "trunks", "hwaddr", "ip6"), fc.string()).map((pair) => pair.join("=")),
  );
  fc.assert(
    fc.property(fc.array(part), (parts) => {
      const { mac, vlan, trunks, mtu } = parseNic("net0", parts.join(","));
      expect(mac === null || /^([0-9A-F]{2}:){5}[0-9A-F]{2}$/.test(mac)).toBe(true);
      for (const vid of [...trunks, vlan ?? 1]) expect(vid >= 1 && vid <= 4094).toBe(true);
      expect(trunks).toEqual([...new Set(trunks)].sort((left, right) => left - right));
      expect(mtu === null || mtu > 1).toBe(true);
    }),
  );
});
