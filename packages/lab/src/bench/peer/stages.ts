import type { StageName } from "@proxbox/contracts/stages";
import { overwrites, SYNC_MODES } from "../../netbox/models/plugin-parts.ts";

/** Where netbox-proxbox asks for each stage, and what it adds there to the parameters of every stage. */
type Asked = { stage: StageName; path: string; extra?: Record<string, string> };

const machines = "virtualization/virtual-machines";

/** The stages in the order of the plugin's job with its default settings, in which SDN is off. */
export const askedStages: readonly Asked[] = [
  { stage: "devices", path: "dcim/devices/create" },
  { stage: "storage", path: `${machines}/storage/create` },
  {
    stage: "virtual-machines",
    path: `${machines}/create`,
    extra: { sync_task_history: "false", sync_vm_network: "false" },
  },
  { stage: "task-history", path: `${machines}/task-history/create` },
  { stage: "vm-disks", path: `${machines}/virtual-disks/create` },
  { stage: "vm-backups", path: `${machines}/backups/all/create`, extra: { delete_nonexistent_backup: "true" } },
  { stage: "vm-snapshots", path: `${machines}/snapshots/all/create`, extra: { delete_nonexistent_snapshot: "true" } },
  { stage: "network-interfaces", path: "dcim/devices/interfaces/create" },
  { stage: "vm-interfaces", path: `${machines}/interfaces/create` },
  { stage: "ip-addresses", path: `${machines}/interfaces/ip-address/create` },
  { stage: "replications", path: "proxmox/replication" },
  { stage: "backup-routines", path: "proxmox/cluster/backup" },
];

/** What the plugin sends of its settings as they are by default. */
const settings: readonly [string, string][] = [
  ...SYNC_MODES.map((name): [string, string] => [name, name.includes("sdn") ? "disabled" : "always"]),
  ...overwrites("0.0.29.post6").map((name): [string, string] => [name, String(name !== "overwrite_vm_platform")]),
];

/** The parameters of a stage for one endpoint. */
export function stageQuery(endpointId: number, extra: Record<string, string> = {}): URLSearchParams {
  return new URLSearchParams({
    use_guest_agent_interface_name: "true",
    vm_interface_sync_strategy: "guest_os_model",
    fetch_max_concurrency: "8",
    ignore_ipv6_link_local_addresses: "true",
    primary_ip_preference: "ipv4",
    parse_description_metadata: "false",
    ...Object.fromEntries(settings),
    proxmox_endpoint_ids: String(endpointId),
    ...extra,
  });
}

/** What the last frame of a stage's stream says: null when all is well, else the reason. */
export function faultOf(stream: string): string | null {
  const last = stream.split("\n\n").findLast((frame) => frame.includes("event: complete"));
  const data = /^data: (.*)$/m.exec(last ?? "")?.[1];
  if (data === undefined) return "the stream ended without a frame that says so";
  const { ok, message } = JSON.parse(data) as { ok: boolean; message?: string };
  return ok ? null : (message ?? "ok is false");
}
