import { expect, setDefaultTimeout, test } from "bun:test";
import { configure, guestOf, migrate } from "../src/proxmox/change.ts";
import { addNic, removeNic, setAgentAnswers } from "../src/proxmox/change-network.ts";
import { pathFault } from "../src/proxmox/faults.ts";
import { type NetworkScene, type Row, startGuests } from "./network-scene.ts";

setDefaultTimeout(30_000);

const interfaces = "virtualization/interfaces";
const guestInterfaces = "plugins/proxbox/guest-vm-interfaces";
const macs = "dcim/mac-addresses";
const vlans = "ipam/vlans";

/** An interface of a machine. */
function card(scene: NetworkScene, machine: string, name: string): Row {
  return scene.find(
    interfaces,
    (row) => row.name === name && (row.virtual_machine as { name: string }).name === machine,
  );
}

const vidOf = (vlan: unknown) => (vlan as { vid: number } | null)?.vid ?? null;
const vlansOf = ({ mode, untagged_vlan: untagged, tagged_vlans: tagged }: Row) => ({
  mode: (mode as { value: string } | null)?.value ?? null,
  untagged: vidOf(untagged),
  tagged: (tagged as unknown[]).map(vidOf).sort(),
});

test("VLANs come and go with the card, are made once for their site, and an operator's stay as they are", async () => {
  await using scene = await startGuests(24, {
    prepare({ netbox, find }) {
      const site = find("dcim/sites", () => true).id;
      const elsewhere = netbox.insert("dcim/sites", { name: "x", slug: "x" }).id as number;
      netbox.insert(vlans, { vid: 10, name: "Prod", site, status: "reserved" });
      netbox.insert(vlans, { vid: 20, name: "Elsewhere", site: elsewhere });
    },
  });
  const { cluster, run, rows, settled } = scene;
  const net0 = (vmid: number) => String(guestOf(cluster, vmid).config.net0).replace(/,(?:tag|trunks)=[^,]*/g, "");
  for (let vmid = 900; vmid < 924; vmid++) configure(cluster, vmid, { net0: `${net0(vmid)},tag=10,trunks=20;30` });
  expect((await run()).ok).toBe(true);
  expect(vlansOf(card(scene, "a", "net0"))).toEqual({ mode: "tagged", untagged: 10, tagged: [20, 30] });
  const kept = rows(vlans).map(({ vid, name, status, tags }) => [
    vid,
    name,
    (status as Row).value,
    (tags as Row[]).length,
  ]);
  expect(kept).toEqual([
    [10, "Prod", "reserved", 0],
    [20, "Elsewhere", "active", 0],
    [20, "VLAN 20", "active", 1],
    [30, "VLAN 30", "active", 1],
  ]);
  await settled();
  configure(cluster, 900, { net0: `${net0(900)},tag=30` });
  configure(cluster, 901, { net0: net0(901) });
  configure(cluster, 902, { net0: `${net0(902)},trunks=2-4094,link_down=1,mtu=1400` });
  expect((await run()).ok).toBe(true);
  expect(vlansOf(card(scene, "a", "net0"))).toEqual({ mode: "access", untagged: 30, tagged: [] });
  expect(vlansOf(card(scene, "b", "net0"))).toEqual({ mode: null, untagged: null, tagged: [] });
  expect(vlansOf(card(scene, "c", "net0"))).toEqual({ mode: "tagged-all", untagged: null, tagged: [] });
  expect(card(scene, "c", "net0")).toMatchObject({ enabled: false, mtu: 1400 });
  expect(rows(vlans)).toHaveLength(4);
  await settled();
});

test("another MAC address, another node: the rows stay, and say so", async () => {
  await using scene = await startGuests(2);
  const { cluster, run, rows, find, settled } = scene;
  const { id } = card(scene, "a", "net0");
  const mac = card(scene, "a", "net0").primary_mac_address as Row;
  const bridge = () => {
    const state = find("plugins/proxbox/sync-state/vm-interfaces", (row) => (row.vm_interface as Row).id === id);
    const on = find("dcim/interfaces", (row) => row.id === (state.proxbox_bridge as Row).id);
    return `${(on.device as Row).name} ${on.name}`;
  };
  expect(bridge()).toBe("pve1 vmbr0");
  configure(cluster, 900, { net0: "e1000=BC:24:11:FF:FF:01,bridge=vmbr7" });
  migrate(cluster, 900, "pve2");
  expect((await run()).ok).toBe(true);
  expect(card(scene, "a", "net0")).toMatchObject({ id, mac_address: "BC:24:11:FF:FF:01" });
  expect(find(macs, (row) => row.id === mac.id).mac_address).toBe("BC:24:11:FF:FF:01");
  expect(rows(macs)).toHaveLength(2);
  expect(bridge()).toBe("pve2 vmbr7");
  await settled();
});

test("what guests call their interfaces is kept as long as they tell", async () => {
  await using scene = await startGuests(1);
  const { cluster, run, rowsOf, settled } = scene;
  const { system } = guestOf(cluster, 900);
  const net0 = card(scene, "a", "net0").id;
  const [only] = rowsOf(guestInterfaces, "a");
  const told = () =>
    rowsOf(guestInterfaces, "a").map(({ id, name, vm_interface: on }) => [id, name, (on as Row | null)?.id ?? null]);
  expect(told()).toEqual([[only?.id, "ens18", net0]]);
  system.interfaces = system.interfaces.map((one) => ({ ...one, name: "lan0" }));
  system.interfaces.push({ name: "docker0", mac: "02:42:ac:11:00:01", addresses: ["172.17.0.1/16"] });
  await run();
  expect(told()).toEqual([
    [only?.id, "lan0", net0],
    [expect.any(Number), "docker0", null],
  ]);
  await settled();
  system.interfaces.pop();
  await run();
  expect(told()).toEqual([[only?.id, "lan0", net0]]);
  setAgentAnswers(cluster, 900, false);
  await settled();
  expect(told()).toEqual([[only?.id, "lan0", net0]]);
});

test("a guest whose containers all come anew, or go, is followed in one run", async () => {
  await using scene = await startGuests(1);
  const { system } = guestOf(scene.cluster, 900);
  const [own] = system.interfaces.filter(({ name }) => name !== "lo");
  const containers = (from: number, count: number) =>
    Array.from({ length: count }, (_, index) => {
      const name = `veth${from + index}`;
      return { name, mac: `02:00:00:00:00:${from + index}`, addresses: [] };
    });
  const lists = [[...containers(10, 9)], [...containers(30, 9)], []];
  for (const list of lists) {
    system.interfaces = [...(own ? [own] : []), ...list];
    expect((await scene.run()).skipped).toEqual([]);
    const names = scene.rows(guestInterfaces).map(({ name }) => name);
    expect(names).toEqual([own?.name, ...list.map(({ name }) => name)]);
    await scene.settled();
  }
});

test("interfaces are deleted only where they are ours, the guest could be read, and they are not too many", async () => {
  await using scene = await startGuests(8);
  const { cluster, netbox, proxmox, run, rowsOf, settled } = scene;
  for (let vmid = 900; vmid < 908; vmid++) addNic(cluster, vmid, { card: 1 });
  await run();
  const machine = card(scene, "a", "net0").virtual_machine as Row;
  netbox.insert(interfaces, { virtual_machine: machine.id, name: "by-hand" });
  removeNic(cluster, 900, "net1");
  removeNic(cluster, 901, "net1");
  proxmox.fault(
    pathFault(/\/qemu\/901\/config$/, { status: 403, message: "Permission check failed (/vms/901, VM.Audit)" }),
  );
  const { ok, objects } = await run();
  expect(ok).toBe(false);
  const named = (outcome: string) =>
    objects.flatMap((one) => (one.outcome === outcome ? [`${one.kind} ${one.name}`] : []));
  expect(named("deleted")).toEqual(["vm-interface a (vmid 900) net1", "guest-vm-interface a (vmid 900) ens19"]);
  expect(named("failed")).toEqual(["vm-interface b (vmid 901)", "ip-address b (vmid 901)"]);
  expect(rowsOf(interfaces, "a").map(({ name }) => name)).toEqual(["net0", "by-hand"]);
  expect(rowsOf(interfaces, "b").map(({ name }) => name)).toEqual(["net0", "net1"]);
  proxmox.clearFaults();
  removeNic(cluster, 902, "net1");
  expect((await run({ max_deletions: 1 })).skipped).toEqual([
    "b (vmid 901) net1: would be deleted, but 2 are concerned and at most 1 may be",
    "c (vmid 902) net1: would be deleted, but 2 are concerned and at most 1 may be",
  ]);
  await run();
  expect(rowsOf(interfaces, "b").map(({ name }) => name)).toEqual(["net0"]);
  await settled();
});
