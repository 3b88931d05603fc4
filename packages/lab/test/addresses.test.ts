import { expect, setDefaultTimeout, test } from "bun:test";
import type { StartOptions } from "../src/netbox/server.ts";
import { guestOf, migrate, remove, setOnline } from "../src/proxmox/change.ts";
import { addNic, moveAddress, removeNic, setAddresses, setAgentAnswers } from "../src/proxmox/change-network.ts";
import { startGuests } from "./network-scene.ts";

setDefaultTimeout(30_000);

const addresses = "ipam/ip-addresses";
const interfaces = "virtualization/interfaces";
const machines = "virtualization/virtual-machines";
const links = "plugins/proxbox/guest-vm-interface-addresses";

/** Guests `a` (900), `b` (901) and, on the second node, `c` (902), each with one address. */
async function startThree(netbox: StartOptions = {}) {
  const scene = await startGuests(3, {
    netbox,
    prepare({ cluster }) {
      migrate(cluster, 902, "pve2");
      for (const last of [1, 2, 3]) setAddresses(cluster, 899 + last, "net0", [`10.9.0.${last}/24`]);
    },
  });
  /** What is where: `address machine interface`, with `!` where it is primary. */
  const held = () => {
    const primary = new Set(scene.rows(machines).map(({ primary_ip4: four }) => (four as { id: number } | null)?.id));
    const shown = scene.rows(addresses).map(({ id, address, assigned_object: object }) => {
      const on = object as { name: string; virtual_machine?: { name: string } } | null;
      const where = on ? `${on.virtual_machine?.name ?? "device"} ${on.name}` : "free";
      return `${address} ${where}${primary.has(id) ? " !" : ""}`;
    });
    return shown.sort();
  };
  return { ...scene, held };
}

const initial = ["10.9.0.1/24 a net0 !", "10.9.0.2/24 b net0 !", "10.9.0.3/24 c net0 !"];

test("an address goes with its guest, and those of two guests can be exchanged", async () => {
  await using world = await startThree();
  const { cluster, run, held, find, settled, netbox } = world;
  expect(held()).toEqual(initial);
  const { id } = find(addresses, ({ address }) => address === "10.9.0.1/24");
  moveAddress(cluster, "10.9.0.1/24", 900, 901);
  expect(await run()).toMatchObject({ ok: true, skipped: [] });
  expect(held()).toEqual(["10.9.0.1/24 b net0", "10.9.0.2/24 b net0 !", "10.9.0.3/24 c net0 !"]);
  expect(find(addresses, ({ address }) => address === "10.9.0.1/24").id).toBe(id);
  expect(netbox.rows(links)).toHaveLength(3);
  await settled();
  setAddresses(cluster, 900, "net0", ["10.9.0.3/24"]);
  setAddresses(cluster, 902, "net0", ["10.9.0.1/24"]);
  setAddresses(cluster, 901, "net0", ["10.9.0.2/24"]);
  expect(await run()).toMatchObject({ ok: true, skipped: [] });
  expect(held()).toEqual(["10.9.0.1/24 c net0 !", "10.9.0.2/24 b net0 !", "10.9.0.3/24 a net0 !"]);
  await settled();
});

test("an address that others have is told of once, by both names, and stays where it is", async () => {
  await using world = await startThree();
  const { cluster, run, held, settled, netbox, find } = world;
  const device = find("dcim/devices", () => true);
  const port = netbox.insert("dcim/interfaces", { device: device.id, name: "eno9", type: "other" }) as { id: number };
  netbox.insert(addresses, {
    address: "10.9.0.50/24",
    assigned_object_type: "dcim.interface",
    assigned_object_id: port.id,
  });
  setAddresses(cluster, 901, "net0", ["10.9.0.2/24", "10.9.0.50/24", "10.9.0.100/24"]);
  setAddresses(cluster, 902, "net0", ["10.9.0.3/24", "10.9.0.100/24", "10.9.0.255/24"]);
  const { ok, skipped } = await run();
  expect(ok).toBe(true);
  expect(skipped.sort()).toEqual([
    expect.stringMatching(/^b \(vmid 901\) net0 10\.9\.0\.50\/24: NetBox has it on pve1 eno9, and there it stays/),
    expect.stringMatching(/^c \(vmid 902\) net0 10\.9\.0\.100\/24: NetBox has it on b \(vmid 901\) net0, and there/),
    expect.stringMatching(/^c \(vmid 902\) net0 10\.9\.0\.255\/24: It is the broadcast address of its prefix/),
  ]);
  expect(held()).toEqual([...initial, "10.9.0.100/24 b net0", "10.9.0.50/24 device eno9"].sort());
  await settled();
  setAddresses(cluster, 901, "net0", ["10.9.0.2/24"]);
  await run();
  expect(held()).toContain("10.9.0.100/24 c net0");
  await settled();
});

test("an address an operator has prepared is taken up, and only freed when the guest gives it up", async () => {
  await using world = await startThree();
  const { cluster, run, held, find, settled, netbox } = world;
  const prepared = netbox.insert(addresses, { address: "10.9.0.60/32", description: "for b" }) as { id: number };
  setAddresses(cluster, 901, "net0", ["10.9.0.2/24", "10.9.0.60/24", "10.9.0.61/24"]);
  expect(await run()).toMatchObject({ ok: true, skipped: [] });
  expect(held()).toEqual([...initial, "10.9.0.60/24 b net0", "10.9.0.61/24 b net0"].sort());
  expect(find(addresses, ({ address }) => address === "10.9.0.60/24").id).toBe(prepared.id);
  await settled();
  setAddresses(cluster, 901, "net0", ["10.9.0.2/24"]);
  expect(await run()).toMatchObject({ ok: true, skipped: [] });
  expect(held()).toEqual([...initial, "10.9.0.60/24 free"].sort());
  await settled();
});

test("a guest whose agent is silent keeps its addresses, whoever claims them", async () => {
  await using world = await startThree();
  const { cluster, run, held, settled } = world;
  moveAddress(cluster, "10.9.0.1/24", 900, 901);
  setAgentAnswers(cluster, 900, false);
  const { ok, skipped } = await run();
  expect(ok).toBe(true);
  expect(skipped.filter((text) => text.startsWith("b"))).toEqual([
    expect.stringMatching(/^b \(vmid 901\) net0 10\.9\.0\.1\/24: NetBox has it on a net0/),
  ]);
  expect(held()).toEqual(initial);
  await settled();
  setAgentAnswers(cluster, 900, true);
  await run();
  expect(held()).toEqual(["10.9.0.1/24 b net0", "10.9.0.2/24 b net0 !", "10.9.0.3/24 c net0 !"]);
  await settled();
});

test("a node that is away and a guest that is hidden cost nothing; what a deleted guest had is free", async () => {
  await using world = await startThree();
  const { cluster, run, held, settled } = world;
  cluster.hidden = new Set([900]);
  setOnline(cluster, "pve2", false);
  setAddresses(cluster, 901, "net0", ["10.9.0.2/24", "10.9.0.3/24", "10.9.0.1/24"]);
  const { skipped } = await run();
  expect(skipped.filter((text) => text.startsWith("b"))).toHaveLength(2);
  expect(held()).toEqual(initial);
  setOnline(cluster, "pve2", true);
  cluster.hidden = new Set();
  setAddresses(cluster, 901, "net0", ["10.9.0.2/24", "10.9.0.1/24"]);
  remove(cluster, 900);
  expect(await run()).toMatchObject({ ok: true, skipped: [] });
  expect(held()).toEqual(["10.9.0.1/24 b net0", "10.9.0.2/24 b net0 !", "10.9.0.3/24 c net0 !"]);
  await settled();
});

test("an operator's choice among a machine's addresses stays; one that is gone is replaced", async () => {
  await using world = await startThree();
  const { cluster, run, held, find, settled, netbox } = world;
  setAddresses(cluster, 900, "net0", ["10.9.0.1/24", "10.9.0.70/24"]);
  await run();
  const chosen = find(addresses, ({ address }) => address === "10.9.0.70/24");
  const machine = find(machines, ({ name }) => name === "a");
  netbox.edit(machines, machine.id, { primary_ip4: chosen.id });
  await settled();
  expect(held()).toContain("10.9.0.70/24 a net0 !");
  setAddresses(cluster, 900, "net0", ["10.9.0.1/25"]);
  expect(await run()).toMatchObject({ ok: true, skipped: [] });
  expect(held()).toEqual(["10.9.0.1/25 a net0 !", ...initial.slice(1)]);
  await settled();
});

test("a card that is gone takes its interface along, but no address of an operator's", async () => {
  await using world = await startThree();
  const { cluster, run, held, find, settled, netbox } = world;
  addNic(cluster, 900, { card: 1, addresses: ["10.9.1.1/24"] });
  await run();
  const card = find(
    interfaces,
    ({ name, virtual_machine: vm }) => name === "net1" && (vm as { name: string }).name === "a",
  );
  netbox.insert(addresses, {
    address: "10.9.1.9/24",
    assigned_object_type: "virtualization.vminterface",
    assigned_object_id: card.id,
  });
  removeNic(cluster, 900, "net1");
  expect(await run()).toMatchObject({ ok: true, skipped: [] });
  expect(netbox.rows(interfaces).map(({ name }) => name)).toEqual(["net0", "net0", "net0"]);
  expect(held()).toEqual([...initial, "10.9.1.9/24 free"].sort());
  await settled();
});

test("interfaces are renamed, not made anew, when they are to be called as guests call them", async () => {
  await using world = await startThree();
  const { run, settled, netbox, held } = world;
  const ids = netbox.rows(interfaces).map(({ id }) => id);
  const options = { vm_interface_sync_strategy: "legacy_rename" } as const;
  expect(await run(options)).toMatchObject({ ok: true });
  expect(netbox.rows(interfaces).map(({ id, name }) => [id, name])).toEqual(ids.map((id) => [id, "ens18"]));
  expect(held()).toEqual(initial.map((text) => text.replace("net0", "ens18")));
  await settled(options);
});

test("a whole endpoint gets other addresses, cards and interfaces: one run follows, the next one writes nothing", async () => {
  const vmids = [900, 901, 902, 903, 904, 905];
  const address = (vmid: number, net: number) => `10.9.${net}.${vmid - 899}/24`;
  await using scene = await startGuests(vmids.length, {
    prepare({ cluster }) {
      for (const vmid of vmids) setAddresses(cluster, vmid, "net0", [address(vmid, 0), `fd00::${vmid}/64`]);
    },
  });
  const { cluster, run, rows, settled } = scene;
  const hosts = () =>
    rows(addresses)
      .map((row) => String(row.address))
      .sort();
  for (const vmid of vmids) setAddresses(cluster, vmid, "net0", [address(vmid, 1)]);
  expect((await run()).skipped).toEqual([]);
  expect(hosts()).toEqual(vmids.map((vmid) => address(vmid, 1)).sort());
  await settled();
  for (const vmid of vmids) {
    removeNic(cluster, vmid, "net0");
    addNic(cluster, vmid, { card: 1, addresses: [address(vmid, 2)] });
  }
  expect((await run()).skipped).toEqual([]);
  expect(hosts()).toEqual(vmids.map((vmid) => address(vmid, 2)).sort());
  expect(new Set(rows(interfaces).map(({ name }) => name))).toEqual(new Set(["net1"]));
  await settled();
});

test("a run of chosen machines touches only those", async () => {
  await using world = await startThree();
  const { cluster, run, held, find } = world;
  moveAddress(cluster, "10.9.0.1/24", 900, 901);
  setAddresses(cluster, 902, "net0", []);
  const machine = find(machines, ({ name }) => name === "b");
  const { skipped } = await run({ netbox_vm_ids: [machine.id] });
  expect(skipped).toEqual([expect.stringMatching(/^b \(vmid 901\) net0 10\.9\.0\.1\/24: NetBox has it on a net0/)]);
  expect(held()).toEqual(initial);
});

test("modes: nothing is touched, or only what is not there yet", async () => {
  await using world = await startThree();
  const { cluster, run, held } = world;
  moveAddress(cluster, "10.9.0.1/24", 900, 901);
  setAddresses(cluster, 902, "net0", ["10.9.0.3/25", "10.9.0.80/24"]);
  guestOf(cluster, 900).config.net0 = String(guestOf(cluster, 900).config.net0).concat(",tag=5");
  await run({ sync_mode_ip_address: "disabled", sync_mode_vm_interface: "disabled" });
  expect(held()).toEqual(initial);
  const only = { sync_mode_ip_address: "bootstrap_only", sync_mode_vm_interface: "bootstrap_only" } as const;
  await run(only);
  expect(held()).toEqual([...initial, "10.9.0.80/24 c net0"].sort());
  expect(world.netbox.rows(interfaces).every(({ untagged_vlan: vlan }) => vlan === null)).toBe(true);
});

test("where the plugin cannot list links, the rest is done, and that is told", async () => {
  await using world = await startThree({ plugin: "0.0.24" });
  const { cluster, first, run, held, settled, netbox } = world;
  expect(first.skipped).toEqual([
    expect.stringMatching(/^addresses of guest interfaces: .* They are left as they are/),
  ]);
  expect(held()).toEqual(initial);
  expect(netbox.rows(links)).toEqual([]);
  await settled();
  moveAddress(cluster, "10.9.0.1/24", 900, 901);
  expect(await run()).toMatchObject({ ok: true });
  expect(held()).toEqual(["10.9.0.1/24 b net0", "10.9.0.2/24 b net0 !", "10.9.0.3/24 c net0 !"]);
});
