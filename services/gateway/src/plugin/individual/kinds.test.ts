import { describe, expect, test } from "bun:test";
import { guestOf, type IndividualKind, individualKinds, individualParameters } from "./kinds.ts";
import { objectOrder } from "./order.ts";

const kindOf = (name: string): IndividualKind => {
  const found = individualKinds.find(({ kind }) => kind === name);
  if (!found) throw new Error(`There is no kind ${name}.`);
  return found;
};
const guest = { cluster_name: "lab", node: "pve1", type: "qemu", vmid: "100" };

describe("what a report calls an object", () => {
  const volid = "local:backup/vzdump-qemu-100-2024_01_02-03_04_05.vma.zst";
  const upid = "UPID:pve1:00001F90:0003D0A7:659377C5:qmstart:100:root@pam:";
  test.each<[string, string, string, boolean, Record<string, string>]>([
    ["cluster", "cluster", "lab", true, { cluster_name: "lab" }],
    ["cluster", "sync-state-cluster", "lab", true, { cluster_name: "lab" }],
    ["cluster", "device", "pve1", false, { cluster_name: "lab" }],
    ["node", "device", "pve1", true, { cluster_name: "lab", node_name: "pve1" }],
    ["node", "proxmox-node", "pve10", false, { cluster_name: "lab", node_name: "pve1" }],
    ["vm", "virtual-machine", "web (qemu 100)", true, guest],
    ["vm", "virtual-machine", "web (lxc 100)", false, guest],
    ["vm", "virtual-disk", "web (vmid 100) scsi0", true, guest],
    ["vm", "virtual-disk", "web (vmid 1001) scsi0", false, guest],
    ["interface", "vm-interface", "web (vmid 100) net0", true, { ...guest, interface_name: "net0" }],
    ["interface", "guest-vm-interface", "web (vmid 100) eth0", true, { ...guest, interface_name: "eth0" }],
    ["interface", "vm-interface", "web (vmid 100) net01", false, { ...guest, interface_name: "net0" }],
    ["ip", "ip-address", "web (vmid 100) net0 10.0.0.5/24", true, { ...guest, ip_address: "10.0.0.5" }],
    ["ip", "ip-address", "web (vmid 100) net0 10.0.0.5/24", true, { ...guest, ip_address: "10.0.0.5/24" }],
    ["ip", "ip-address", "web (vmid 100) net0 fe80::1/64", true, { ...guest, ip_address: "FE80::1" }],
    ["ip", "ip-address", "web (vmid 100) net0 10.0.0.50/24", false, { ...guest, ip_address: "10.0.0.5" }],
    ["disk", "virtual-disk", "web (vmid 100) scsi0", true, { ...guest, disk_name: "scsi0" }],
    ["disk", "virtual-disk", "dns (vmid 101) scsi0", false, { ...guest, disk_name: "scsi0" }],
    ["storage", "storage", "lab/local", true, { cluster_name: "lab", storage_name: "local" }],
    ["storage", "storage", "lab/nfs-local", false, { cluster_name: "lab", storage_name: "local" }],
    ["snapshot", "snapshot", "web (vmid 100) before", true, { ...guest, snapshot_name: "before" }],
    ["backup", "backup", `web (vmid 100) ${volid}`, true, { ...guest, storage: "local", volid }],
    ["task-history", "task-history", "web (vmid 100) qmstart 2024-01-02T02:41:09Z", true, { ...guest, upid }],
    ["task-history", "task-history", "web (vmid 100) qmstop 2024-01-02T02:41:09Z", false, { ...guest, upid }],
    ["task-history", "task-history", "web (vmid 100) qmstop 2024-01-02T02:41:09Z", true, guest],
    ["replication", "replication", "web (vmid 100) 100-0", true, { cluster_name: "lab", replication_id: "100-0" }],
    ["replication", "replication", "web (vmid 100) 100-1", false, { cluster_name: "lab", replication_id: "100-0" }],
    ["backup-routines", "backup-routine", "lab/nightly", true, { cluster_name: "lab", job_id: "nightly" }],
  ])("%s: %s %s is its own: %p", (name, kind, label, isOwn, query) => {
    expect(kindOf(name).isOwn({ kind, name: label, outcome: "created" }, query)).toBe(isOwn);
  });
});

describe("objectOrder", () => {
  test.each<[string, Record<string, string>, string[], object]>([
    ["cluster", { cluster_name: "lab", vmid: "100" }, ["devices"], {}],
    ["vm", guest, ["virtual-machines", "vm-disks", "vm-interfaces", "ip-addresses"], { vmids: [100] }],
    ["vm", { ...guest, overwrite_vm_tags: "false" }, expect.anything(), { vmids: [100], overwrite_vm_tags: false }],
    ["vm", { ...guest, auto_create_vm: "false", dry_run: "1" }, expect.anything(), { vmids: [100], dry_run: true }],
    ["backup", guest, ["storage", "virtual-machines", "vm-backups"], { vmids: [100] }],
    ["backup", { ...guest, auto_create_vm: "false" }, ["storage", "vm-backups"], { vmids: [100] }],
    ["snapshot", { ...guest, auto_create_storage: "no" }, ["virtual-machines", "vm-snapshots"], { vmids: [100] }],
    ["storage", { storage_name: "local", auto_create_storage: "false" }, ["storage"], {}],
    ["replication", { replication_id: "104-1" }, ["virtual-machines", "replications"], { vmids: [104] }],
    [
      "ip",
      { ...guest, ip_address: "10.0.0.1", netbox_branch_schema_id: "br1" },
      expect.anything(),
      { vmids: [100], netbox_branch_schema_id: "br1" },
    ],
  ])("the run of a %s, case %#", (name, query, stages, options) => {
    const order = objectOrder(kindOf(name), query, 7);
    expect(order).toEqual({
      mode: "strict",
      stages: stages as never,
      options: { ...options, proxmox_endpoint_ids: [7] },
    });
  });

  test.each([
    ["dry_run", "perhaps"],
    ["auto_create_vm", "perhaps"],
    ["netbox_branch_schema_id", "a/b"],
  ])("%s=%s is refused by name", (name, value) => {
    const loc = ["query", name];
    expect(() => objectOrder(kindOf("backup"), { ...guest, [name]: value }, 7)).toThrow(
      expect.objectContaining({ answer: 422, detail: [expect.objectContaining({ loc })] }),
    );
  });
});

test("only what belongs to a guest is limited to one, whatever else is sent along", () => {
  const limited = individualKinds.filter((kind) => guestOf(kind, { ...guest, replication_id: "100-0" }) !== null);
  expect(limited.map(({ kind }) => kind).sort()).toEqual(
    ["backup", "disk", "interface", "ip", "replication", "snapshot", "task-history", "vm"].sort(),
  );
});

test("every parameter is described, and every kind can be told in a sentence", () => {
  for (const { required, called } of individualKinds) {
    const query = Object.fromEntries(required.map((name) => [name, `<${name}>`]));
    expect(called(query)).not.toContain("undefined");
    for (const name of required) expect(individualParameters[name].description).not.toBe("");
  }
});
