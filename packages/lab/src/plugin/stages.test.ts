import { describe, expect, test } from "bun:test";
import { effectiveModes, isSkipped, pathsOf, pluginStages, type QueryParts, stageQuery, stagesOf } from "./stages.ts";

const parts: QueryParts = {
  release: "0.0.29.post6",
  stage: "devices",
  stages: stagesOf(["all"]),
  endpoint: 3,
  modes: {},
  netboxVmIds: [],
  runId: "00000000-0000-4000-8000-000000000001",
};

const sent = (more: Partial<QueryParts>) => new URLSearchParams(stageQuery({ ...parts, ...more })).toString();
const flags =
  "use_guest_agent_interface_name=true&vm_interface_sync_strategy=guest_os_model&fetch_max_concurrency=8&ignore_ipv6_link_local_addresses=true" +
  "&primary_ip_preference=ipv4&parse_description_metadata=false";
const devices =
  "&overwrite_device_role=true&overwrite_device_type=true&overwrite_device_tags=true&overwrite_device_status=true" +
  "&overwrite_device_description=true&overwrite_device_custom_fields=true&overwrite_vm_role=true&overwrite_vm_type=true";
const rest =
  "&overwrite_vm_tags=true&overwrite_vm_proxmox_tags=true&overwrite_vm_description=true&overwrite_vm_custom_fields=true" +
  "&overwrite_vm_cloudinit=true&overwrite_cluster_tags=true&overwrite_cluster_description=true" +
  "&overwrite_cluster_custom_fields=true&overwrite_node_interface_tags=true&overwrite_node_interface_custom_fields=true" +
  "&overwrite_storage_tags=true&overwrite_vm_interface_tags=true&overwrite_vm_interface_custom_fields=true" +
  "&overwrite_ip_status=true&overwrite_ip_tags=true&overwrite_ip_custom_fields=true&overwrite_ip_address_dns_name=true";
const modes =
  "&sync_mode_vm=always&sync_mode_vm_template=always&sync_mode_vm_interface=always&sync_mode_mac=always" +
  "&sync_mode_ip_address=always&sync_mode_cluster=always&sync_mode_node=always&sync_mode_storage=always" +
  "&sync_mode_sdn=disabled&sync_mode_sdn_bgp=disabled&proxmox_endpoint_ids=3";
const old = `${flags}${devices}${rest}${modes}`;
const current = `${flags}${devices}&overwrite_vm_platform=false${rest}${modes}`;

describe("the query of a stage, to the last character", () => {
  const noMacs = { modes: { mac: "disabled" } } as const;
  const cases: [string, Partial<QueryParts>, string][] = [
    ["0.0.24", { release: "0.0.24" }, old],
    ["0.0.29.post6", {}, current],
    ["backups", { stage: "vm-backups" }, `${current}&delete_nonexistent_backup=true`],
    ["snapshots", { stage: "vm-snapshots" }, `${current}&delete_nonexistent_snapshot=true`],
    [
      "machines beside stages for their interfaces",
      { stage: "virtual-machines" },
      `${current}&sync_task_history=false&sync_vm_network=false&run_id=${parts.runId}`,
    ],
    [
      "machines alone",
      { stage: "virtual-machines", stages: ["virtual-machines"] },
      `${current}&sync_task_history=false&run_id=${parts.runId}`,
    ],
    [
      "machines alone, without MAC addresses",
      { stage: "virtual-machines", stages: ["virtual-machines"], ...noMacs },
      `${current.replace("mac=always", "mac=disabled")}&sync_task_history=false&sync_vm_interface_macs=false&run_id=${parts.runId}`,
    ],
    [
      "interfaces without MAC addresses",
      { stage: "vm-interfaces", ...noMacs },
      `${current.replace("mac=always", "mac=disabled")}&sync_vm_interface_macs=false`,
    ],
    ["chosen machines", { stage: "vm-disks", netboxVmIds: [4, 5] }, `${current}&netbox_vm_ids=4%2C5`],
  ];
  for (const [title, more, query] of cases) test(title, () => expect(sent(more)).toBe(query));

  test("25 flags to overwrite in 0.0.24, 26 later", () => {
    const count = (query: string) => query.match(/(^|&)overwrite_/g)?.length;
    expect([count(old), count(current)]).toEqual([25, 26]);
  });
});

test("all stages have their path, in order; four have one per machine", () => {
  expect(stagesOf(["all"]).flatMap((name) => pathsOf(name, []))).toEqual([
    "dcim/devices/create/stream",
    "virtualization/virtual-machines/storage/create/stream",
    "virtualization/virtual-machines/create/stream",
    "virtualization/virtual-machines/task-history/create/stream",
    "virtualization/virtual-machines/virtual-disks/create/stream",
    "virtualization/virtual-machines/backups/all/create/stream",
    "virtualization/virtual-machines/snapshots/all/create/stream",
    "dcim/devices/interfaces/create/stream",
    "virtualization/virtual-machines/interfaces/create/stream",
    "virtualization/virtual-machines/interfaces/ip-address/create/stream",
    "proxmox/sdn/create/stream",
    "proxmox/replication/stream",
    "proxmox/cluster/backup/stream",
  ]);
  const perMachine = pluginStages.flatMap(({ name }) => pathsOf(name, [7]).filter((path) => path.includes("/7/")));
  expect(perMachine).toEqual([
    "virtualization/virtual-machines/7/create/stream",
    "virtualization/virtual-machines/7/virtual-disks/create/stream",
    "virtualization/virtual-machines/7/backups/create/stream",
    "virtualization/virtual-machines/7/snapshots/create/stream",
  ]);
});

test("interfaces of nodes and addresses bring the interfaces of guests along", () => {
  expect(stagesOf(["network-interfaces"])).toEqual(["network-interfaces", "vm-interfaces"]);
  expect(stagesOf(["ip-addresses", "devices"])).toEqual(["devices", "vm-interfaces", "ip-addresses"]);
});

test("what is disabled disables what is below it, and skips its stages", () => {
  expect(effectiveModes({ vm: "disabled", vm_template: "disabled" })).toMatchObject({
    vm_interface: "disabled",
    mac: "disabled",
    ip_address: "disabled",
    node: "always",
  });
  const skipped = (off: Parameters<typeof isSkipped>[1]) => stagesOf(["all"]).filter((name) => isSkipped(name, off));
  expect(skipped({})).toEqual(["sdn"]);
  expect(skipped({ sdn: "always", cluster: "disabled" })).toEqual(["devices", "network-interfaces"]);
  expect(skipped({ sdn: "always", vm: "disabled" })).toEqual([]);
  expect(skipped({ sdn: "always", vm: "disabled", vm_template: "disabled" })).toEqual([
    "virtual-machines",
    "vm-disks",
    "vm-backups",
    "vm-snapshots",
    "vm-interfaces",
    "ip-addresses",
  ]);
});
