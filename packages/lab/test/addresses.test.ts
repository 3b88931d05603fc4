import { expect, setDefaultTimeout, test } from "bun:test";
import type { AttemptResults } from "@proxbox/contracts/http";
import type { ObjectOutcome } from "@proxbox/contracts/messages";
import type { SyncOptionsInput } from "@proxbox/contracts/sync-options";
import type { StartOptions } from "../src/netbox/server.ts";
import { buildEstate } from "../src/proxmox/build-estate.ts";
import { create, guestOf, remove, setOnline } from "../src/proxmox/change.ts";
import { addNic, moveAddress, removeNic, setAddresses, setAgentAnswers } from "../src/proxmox/change-network.ts";
import { startScene } from "../src/scene.ts";

setDefaultTimeout(30_000);

const addresses = "ipam/ip-addresses";
const interfaces = "virtualization/interfaces";
const links = "plugins/proxbox/guest-vm-interface-addresses";
const stages = ["devices", "virtual-machines", "vm-interfaces", "ip-addresses"] as const;

/** One cluster of two nodes with three guests: `a` (900), `b` (901) and `c` (902), each with one address. */
async function startThree(netboxOptions: StartOptions = {}) {
  const estate = buildEstate({ seed: 4, clusters: 1, nodes: 2, guests: 0 });
  const [cluster] = estate.clusters;
  if (!cluster) throw new Error("The estate has no cluster.");
  for (const [index, name] of ["a", "b", "c"].entries()) {
    create(cluster, 900 + index, name, index === 2 ? "pve2" : "pve1");
    setAddresses(cluster, 900 + index, "net0", [`10.9.0.${index + 1}/24`]);
  }
  const scene = await startScene({ estate, netbox: netboxOptions, env: { PROXBOX_LOG_LEVEL: "error" } });
  const { gateway, netbox } = scene;
  const run = async (options: SyncOptionsInput = {}) => {
    netbox.resetCounts();
    const { id } = await gateway.startRun({ options, stages: [...stages] });
    const view = await gateway.finished(id);
    const outcomes: ObjectOutcome[] = [];
    for (const stage of ["vm-interfaces", "ip-addresses"]) {
      const path = `/runs/${id}/stages/${stage}/attempts/1?limit=500`;
      const { results } = await gateway.call<AttemptResults>("GET", path);
      outcomes.push(...results.flatMap(({ objects }) => objects));
    }
    const skipped = outcomes.flatMap(({ name, outcome, reason }) =>
      outcome === "skipped" ? [`${name}: ${reason}`] : [],
    );
    return { ok: view.ok, writes: netbox.counts().writes, skipped };
  };
  /** What is where: `address machine interface`, with `!` where it is primary. */
  const held = () =>
    netbox
      .rows(addresses)
      .map((row) => {
        const on = row.assigned_object as { name: string; virtual_machine?: { name: string } } | null;
        const primary = netbox
          .rows("virtualization/virtual-machines")
          .some(({ primary_ip4: four }) => (four as { id: number } | null)?.id === row.id);
        return `${row.address} ${on ? `${on.virtual_machine?.name ?? "device"} ${on.name}` : "free"}${primary ? " !" : ""}`;
      })
      .sort();
  const find = (path: string, test: (row: Record<string, unknown>) => boolean) => {
    const row = netbox.rows(path).find(test);
    if (!row) throw new Error(`There is no such row in ${path}.`);
    return row as { id: number } & Record<string, unknown>;
  };
  const settled = async (options: SyncOptionsInput = {}) => expect((await run(options)).writes).toBe(0);
  const before = await run();
  expect(before.ok).toBe(true);
  return {
    cluster,
    netbox,
    before,
    run,
    held,
    find,
    settled,
    [Symbol.asyncDispose]: () => scene[Symbol.asyncDispose](),
  };
}

const first = ["10.9.0.1/24 a net0 !", "10.9.0.2/24 b net0 !", "10.9.0.3/24 c net0 !"];

test("an address goes with its guest, and those of two guests can be exchanged", async () => {
  await using world = await startThree();
  const { cluster, run, held, find, settled, netbox } = world;
  expect(held()).toEqual(first);
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
  const { cluster, run, held, settled, netbox } = world;
  const device = netbox.rows("dcim/devices")[0] as { id: number };
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
  expect(held()).toEqual([...first, "10.9.0.100/24 b net0", "10.9.0.50/24 device eno9"].sort());
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
  expect(held()).toEqual([...first, "10.9.0.60/24 b net0", "10.9.0.61/24 b net0"].sort());
  expect(find(addresses, ({ address }) => address === "10.9.0.60/24").id).toBe(prepared.id);
  await settled();
  setAddresses(cluster, 901, "net0", ["10.9.0.2/24"]);
  expect(await run()).toMatchObject({ ok: true, skipped: [] });
  expect(held()).toEqual([...first, "10.9.0.60/24 free"].sort());
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
  expect(held()).toEqual(first);
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
  expect(held()).toEqual(first);
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
  const machine = find("virtualization/virtual-machines", ({ name }) => name === "a");
  netbox.edit("virtualization/virtual-machines", machine.id, { primary_ip4: chosen.id });
  await settled();
  expect(held()).toContain("10.9.0.70/24 a net0 !");
  setAddresses(cluster, 900, "net0", ["10.9.0.1/25"]);
  expect(await run()).toMatchObject({ ok: true, skipped: [] });
  expect(held()).toEqual(["10.9.0.1/25 a net0 !", ...first.slice(1)]);
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
  expect(held()).toEqual([...first, "10.9.1.9/24 free"].sort());
  await settled();
});

test("interfaces are renamed, not made anew, when they are to be called as guests call them", async () => {
  await using world = await startThree();
  const { run, settled, netbox, held } = world;
  const ids = netbox.rows(interfaces).map(({ id }) => id);
  const options = { vm_interface_sync_strategy: "legacy_rename" } as const;
  expect(await run(options)).toMatchObject({ ok: true });
  expect(netbox.rows(interfaces).map(({ id, name }) => [id, name])).toEqual(ids.map((id) => [id, "ens18"]));
  expect(held()).toEqual(first.map((text) => text.replace("net0", "ens18")));
  await settled(options);
});

test("a run of chosen machines touches only those", async () => {
  await using world = await startThree();
  const { cluster, run, held, find } = world;
  moveAddress(cluster, "10.9.0.1/24", 900, 901);
  setAddresses(cluster, 902, "net0", []);
  const machine = find("virtualization/virtual-machines", ({ name }) => name === "b");
  const { skipped } = await run({ netbox_vm_ids: [machine.id] });
  expect(skipped).toEqual([expect.stringMatching(/^b \(vmid 901\) net0 10\.9\.0\.1\/24: NetBox has it on a net0/)]);
  expect(held()).toEqual(first);
});

test("modes: nothing is touched, or only what is not there yet", async () => {
  await using world = await startThree();
  const { cluster, run, held } = world;
  moveAddress(cluster, "10.9.0.1/24", 900, 901);
  setAddresses(cluster, 902, "net0", ["10.9.0.3/25", "10.9.0.80/24"]);
  guestOf(cluster, 900).config.net0 = String(guestOf(cluster, 900).config.net0).concat(",tag=5");
  await run({ sync_mode_ip_address: "disabled", sync_mode_vm_interface: "disabled" });
  expect(held()).toEqual(first);
  const only = { sync_mode_ip_address: "bootstrap_only", sync_mode_vm_interface: "bootstrap_only" } as const;
  await run(only);
  expect(held()).toEqual([...first, "10.9.0.80/24 c net0"].sort());
  expect(world.netbox.rows(interfaces).every(({ untagged_vlan: vlan }) => vlan === null)).toBe(true);
});

test("where the plugin cannot list links, the rest is done, and that is told", async () => {
  await using world = await startThree({ plugin: "0.0.24" });
  const { cluster, before, run, held, settled, netbox } = world;
  expect(before.skipped).toEqual([
    expect.stringMatching(/^addresses of guest interfaces: .* They are left as they are/),
  ]);
  expect(held()).toEqual(first);
  expect(netbox.rows(links)).toEqual([]);
  await settled();
  moveAddress(cluster, "10.9.0.1/24", 900, 901);
  expect(await run()).toMatchObject({ ok: true });
  expect(held()).toEqual(["10.9.0.1/24 b net0", "10.9.0.2/24 b net0 !", "10.9.0.3/24 c net0 !"]);
});
