import { expect } from "bun:test";
import { individualVerdict } from "../../src/plugin/failure-text.ts";
import { type IndividualKind, syncOne } from "../../src/plugin/individual.ts";
import { type Checks, type ContractWorld, expectFields } from "./world.ts";

/** One object at a time. */
export const individualChecks = {
  "GET /sync/individual/{vm,backup,snapshot,storage,task-history,cluster,node}": async (world) => {
    const machine = machineOf(world);
    const { cluster_name } = machine;
    const shown = world.scene.proxmox[0]?.cluster;
    const backup = shown?.volumes.find(({ row }) => row.content === "backup" && shown.guests.has(Number(row.vmid)));
    const backedUp = shown?.guests.get(Number(backup?.row.vmid));
    const snapped = [...(shown?.guests.values() ?? [])].find(({ snapshots }) => snapshots.length > 0);
    await expectSynced(world, "cluster", { cluster_name });
    await expectSynced(world, "node", { cluster_name, node_name: "pve1" });
    await expectSynced(world, "vm", machine);
    await expectSynced(world, "storage", { cluster_name, storage_name: shown?.storages[0]?.storage ?? "" });
    await expectSynced(world, "backup", {
      cluster_name,
      node: backup?.node ?? backedUp?.node ?? "",
      storage: backup?.storage ?? "",
      vmid: String(backup?.row.vmid),
      volid: backup?.row.volid ?? "",
    });
    await expectSynced(world, "snapshot", {
      cluster_name,
      node: snapped?.node ?? "",
      type: snapped?.type ?? "",
      vmid: String(snapped?.vmid),
      snapshot_name: snapped?.snapshots[0]?.name ?? "",
    });
    await expectSynced(world, "task-history", {
      node: machine.node,
      type: machine.type,
      vmid: machine.vmid,
      cluster_name,
    });
    await expectRefused(world, "vm", { ...machine, vmid: "99999" }, world.ids[0], /99999/);
    // After provisioning the plugin does not say which endpoint it means; then the cluster's name has to tell.
    await expectRefused(world, "vm", { ...machine, cluster_name: "atlantis" }, null, /atlantis/);
  },
  "GET /sync/individual/{interface,ip,disk,replication}": async (world) => {
    const machine = machineOf(world);
    const { netbox } = world.scene;
    const ofMachine = (path: string) => netbox.rows(path).find((row) => machineIn(row) === world.machineId);
    const card = String(ofMachine("virtualization/interfaces")?.name);
    const disk = String(ofMachine("virtualization/virtual-disks")?.name);
    await expectSynced(world, "interface", { ...machine, interface_name: card });
    await expectSynced(world, "disk", { ...machine, disk_name: disk });
    const address = netbox
      .rows("ipam/ip-addresses")
      .find((row) => row.assigned_object_type === "virtualization.vminterface");
    const owner = ownerOf(world, Number(address?.assigned_object_id));
    await expectSynced(world, "ip", { ...owner, ip_address: String(address?.address) });
    const job = world.scene.proxmox[0]?.cluster.replications[0];
    const { cluster_name } = machine;
    await expectSynced(world, "replication", { cluster_name, replication_id: String(job?.id) });
  },
} satisfies Checks;

type Machine = Record<"cluster_name" | "node" | "type" | "vmid", string>;

function machineOf({ scene, guests }: ContractWorld): Machine {
  const { node, type, vmid } = guests.qemu;
  return { cluster_name: scene.proxmox[0]?.cluster.name ?? "", node, type, vmid: String(vmid) };
}

/** How Proxmox calls the machine that has an interface. */
function ownerOf({ scene }: ContractWorld, card: number): Machine {
  const row = scene.netbox.rows("virtualization/interfaces").find(({ id }) => id === card);
  const state = scene.netbox
    .rows("plugins/proxbox/sync-state/virtual-machines")
    .find((candidate) => machineIn(candidate) === machineIn(row));
  return {
    cluster_name: String(state?.proxmox_cluster_name),
    node: String(state?.proxmox_node_name),
    type: String(state?.proxmox_vm_type),
    vmid: String(state?.proxmox_vm_id),
  };
}

function machineIn(row: Record<string, unknown> | undefined): number {
  return Number((row?.virtual_machine as { id: number } | undefined)?.id);
}

async function expectSynced(world: ContractWorld, kind: IndividualKind, params: Record<string, string>): Promise<void> {
  const begun = performance.now();
  const [call] = await syncOne(world.plugin.backend, kind, params, world.ids[0]);
  if (!call) throw new Error("There was no call.");
  expect(performance.now() - begun).toBeLessThan(30_000);
  expect({ kind, ...individualVerdict(call.status, call.body) }).toMatchObject({ kind, ok: true });
  expectFields(call.body, { action: "text", dependencies_synced: "list" });
}

/** What is not there is told as such: the button says so, and a batch does not count it as done. */
async function expectRefused(
  world: ContractWorld,
  kind: IndividualKind,
  params: Record<string, string>,
  endpoint: number | null,
  sentence: RegExp,
): Promise<void> {
  const [call] = await syncOne(world.plugin.backend, kind, params, endpoint);
  if (!call) throw new Error("There was no call.");
  expect({ params, ...individualVerdict(call.status, call.body) }).toEqual({
    params,
    ok: false,
    text: expect.stringMatching(sentence),
  });
  expect(call.status).toBeGreaterThanOrEqual(400);
}
