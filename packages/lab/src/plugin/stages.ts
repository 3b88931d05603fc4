import { overwrites, type PluginRelease } from "../netbox/models/plugin-parts.ts";

/** A stage of a job: its name there, its path, the path per machine, and whether a job goes on without it. */
type PluginStage = { name: string; path: string; perMachine?: string; isSoft?: true };

const machines = "virtualization/virtual-machines";

/** The stages of a job in their order, in every release. Each is asked for with `GET /<path>/stream`. */
export const pluginStages = [
  { name: "devices", path: "dcim/devices/create" },
  { name: "storage", path: `${machines}/storage/create` },
  { name: "virtual-machines", path: `${machines}/create`, perMachine: `${machines}/{id}/create` },
  { name: "task-history", path: `${machines}/task-history/create`, isSoft: true },
  {
    name: "vm-disks",
    path: `${machines}/virtual-disks/create`,
    perMachine: `${machines}/{id}/virtual-disks/create`,
  },
  {
    name: "vm-backups",
    path: `${machines}/backups/all/create`,
    perMachine: `${machines}/{id}/backups/create`,
    isSoft: true,
  },
  {
    name: "vm-snapshots",
    path: `${machines}/snapshots/all/create`,
    perMachine: `${machines}/{id}/snapshots/create`,
    isSoft: true,
  },
  { name: "network-interfaces", path: "dcim/devices/interfaces/create" },
  { name: "vm-interfaces", path: `${machines}/interfaces/create` },
  { name: "ip-addresses", path: `${machines}/interfaces/ip-address/create` },
  { name: "sdn", path: "proxmox/sdn/create", isSoft: true },
  { name: "replications", path: "proxmox/replication" },
  { name: "backup-routines", path: "proxmox/cluster/backup" },
] as const satisfies readonly PluginStage[];

/** The name of a stage in a job. */
export type StageName = (typeof pluginStages)[number]["name"];

/** What a job is told to do: everything, or some stages. */
export type SyncType = "all" | StageName;

/** How a resource is treated: followed, made once and left alone, or not at all. */
export type SyncMode = "always" | "bootstrap_only" | "disabled";

/** The resources that have a mode, in the order they are sent. */
const modeNames = [
  "vm",
  "vm_template",
  "vm_interface",
  "mac",
  "ip_address",
  "cluster",
  "node",
  "storage",
  "sdn",
  "sdn_bgp",
] as const;

/** Modes that differ from the plugin's defaults: everything always, SDN not at all. */
export type SyncModes = Partial<Record<(typeof modeNames)[number], SyncMode>>;

/** The stages of a job in order; addresses and interfaces of nodes bring the interfaces of guests with them. */
export function stagesOf(types: readonly SyncType[]): StageName[] {
  const wanted = new Set<SyncType>(types);
  if (wanted.has("network-interfaces") || wanted.has("ip-addresses")) wanted.add("vm-interfaces");
  return pluginStages.map(({ name }) => name).filter((name) => wanted.has("all") || wanted.has(name));
}

/** The modes as they are sent: who depends on something that is disabled is disabled too. */
export function effectiveModes(modes: SyncModes): Record<(typeof modeNames)[number], SyncMode> {
  const own = (name: (typeof modeNames)[number]) => modes[name] ?? (name.startsWith("sdn") ? "disabled" : "always");
  const noMachines = own("vm") === "disabled" && own("vm_template") === "disabled";
  const below = (isOff: boolean, name: (typeof modeNames)[number]) => (isOff ? "disabled" : own(name));
  const card = below(noMachines, "vm_interface");
  return {
    vm: own("vm"),
    vm_template: own("vm_template"),
    vm_interface: card,
    mac: below(card === "disabled", "mac"),
    ip_address: below(card === "disabled", "ip_address"),
    cluster: own("cluster"),
    node: below(own("cluster") === "disabled", "node"),
    storage: own("storage"),
    sdn: own("sdn"),
    sdn_bgp: below(own("sdn") === "disabled", "sdn_bgp"),
  };
}

/** The stages that a job leaves out, without a call, because their resource is disabled. */
export function isSkipped(name: StageName, modes: SyncModes): boolean {
  const effective = effectiveModes(modes);
  const resource = resources[name];
  if (resource === "machines") return effective.vm === "disabled" && effective.vm_template === "disabled";
  return resource !== undefined && effective[resource] === "disabled";
}

const resources: Partial<Record<StageName, (typeof modeNames)[number] | "machines">> = {
  devices: "node",
  "network-interfaces": "node",
  storage: "storage",
  "vm-interfaces": "vm_interface",
  "ip-addresses": "ip_address",
  sdn: "sdn",
  "virtual-machines": "machines",
  "vm-disks": "machines",
  "vm-backups": "machines",
  "vm-snapshots": "machines",
};

/** The paths that a stage is asked for at: one, or one for each chosen machine where the stage has such a path. */
export function pathsOf(name: StageName, netboxVmIds: readonly number[]): string[] {
  const stage: PluginStage | undefined = pluginStages.find((candidate) => candidate.name === name);
  if (!stage) throw new RangeError(`The plugin has no stage ${name}.`);
  const { path, perMachine } = stage;
  if (netboxVmIds.length === 0 || perMachine === undefined) return [`${path}/stream`];
  return netboxVmIds.map((id) => `${perMachine.replace("{id}", String(id))}/stream`);
}

/** Whether a job goes on when this stage has failed. */
export function isSoft(name: StageName): boolean {
  const stage: PluginStage | undefined = pluginStages.find((candidate) => candidate.name === name);
  return stage?.isSoft === true;
}

/** What the query of a stage depends on. */
export type QueryParts = {
  release: PluginRelease;
  stage: StageName;
  /** All stages of the job. */
  stages: readonly StageName[];
  /** The backend's id of the endpoint. */
  endpoint: number;
  modes: SyncModes;
  netboxVmIds: readonly number[];
  /** The job's uuid. */
  runId: string;
};

/** The query of one stream, complete and in the plugin's order; every value is a text. */
export function stageQuery(parts: QueryParts): Record<string, string> {
  const { release, stage, stages, endpoint, modes, netboxVmIds, runId } = parts;
  const query: Record<string, string> = {
    use_guest_agent_interface_name: "true",
    vm_interface_sync_strategy: "guest_os_model",
    fetch_max_concurrency: "8",
    ignore_ipv6_link_local_addresses: "true",
    primary_ip_preference: "ipv4",
    parse_description_metadata: "false",
  };
  for (const flag of overwrites(release)) query[flag] = String(flag !== "overwrite_vm_platform");
  const effective = effectiveModes(modes);
  for (const name of modeNames) query[`sync_mode_${name}`] = effective[name];
  query.proxmox_endpoint_ids = String(endpoint);
  if (stage === "vm-backups") query.delete_nonexistent_backup = "true";
  if (stage === "vm-snapshots") query.delete_nonexistent_snapshot = "true";
  const ownNetwork = stages.includes("vm-interfaces") || stages.includes("ip-addresses");
  const noMacs = effective.mac === "disabled";
  if (stage === "virtual-machines") {
    query.sync_task_history = "false";
    if (ownNetwork || effective.vm_interface === "disabled") query.sync_vm_network = "false";
    else {
      if (effective.ip_address === "disabled") query.assign_vm_interface_ips = "false";
      if (noMacs) query.sync_vm_interface_macs = "false";
    }
    query.run_id = runId;
  }
  if (stage === "vm-interfaces" && noMacs) query.sync_vm_interface_macs = "false";
  if (netboxVmIds.length > 0) query.netbox_vm_ids = netboxVmIds.join(",");
  return query;
}
