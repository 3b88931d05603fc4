/** One row of the stage table: which service owns a stage and which stages must be over before it starts. */
type StageRow = { stage: string; service: string; after: readonly string[]; optional?: OptionalBy };

/** The option that has to be on before a run that names no stages has this one. */
type OptionalBy = "sync_mode_sdn";

/**
 * Every stage, in the order of a strict run. This table is the only place that knows it: a service loads
 * `src/<stage>/stage.ts` for each row that names it, so a new stage is one folder and one row here.
 */
export const stageTable = [
  { stage: "devices", service: "inventory", after: [] },
  { stage: "storage", service: "inventory", after: ["devices"] },
  { stage: "virtual-machines", service: "vms", after: ["devices"] },
  { stage: "task-history", service: "vms", after: ["virtual-machines"] },
  { stage: "vm-disks", service: "vms", after: ["virtual-machines", "storage"] },
  { stage: "vm-backups", service: "backups", after: ["virtual-machines", "storage"] },
  { stage: "vm-snapshots", service: "backups", after: ["virtual-machines", "storage"] },
  { stage: "network-interfaces", service: "network", after: ["devices"] },
  { stage: "vm-interfaces", service: "network", after: ["virtual-machines", "network-interfaces"] },
  { stage: "ip-addresses", service: "network", after: ["vm-interfaces"] },
  { stage: "sdn", service: "network", after: ["network-interfaces", "vm-interfaces"], optional: "sync_mode_sdn" },
  { stage: "replications", service: "replication", after: ["virtual-machines"] },
  { stage: "backup-routines", service: "backups", after: ["virtual-machines", "storage"] },
] as const satisfies readonly StageRow[];

/** The name of a stage, as it stands in subjects, events and URLs. */
export type StageName = (typeof stageTable)[number]["stage"];

/** The service that owns stages; also the domain in command and item subjects. */
export type Domain = (typeof stageTable)[number]["service"];

/** All stage names in strict order. */
export const stageNames: readonly StageName[] = stageTable.map((row) => row.stage);

/** All services that own stages. */
export const domains: readonly Domain[] = [...new Set(stageTable.map((row) => row.service))];

/** The stages of a run that names none: all but those whose option is off. */
export function defaultStages(options: Readonly<Record<OptionalBy, string>>): StageName[] {
  return stageTable
    .filter((row: StageRow) => row.optional === undefined || options[row.optional] !== "disabled")
    .map((row) => row.stage);
}

/** Whether a text is the name of a stage. */
export function isStage(name: string): name is StageName {
  return stageTable.some((row) => row.stage === name);
}

/** The service that owns a stage. */
export function domainOf(stage: StageName): Domain {
  return rowOf(stage).service;
}

/** The stages a service owns, in strict order. */
export function stagesOf(domain: Domain): StageName[] {
  return stageTable.filter((row) => row.service === domain).map((row) => row.stage);
}

/** The stages that must be over before this one starts. */
export function predecessorsOf(stage: StageName): readonly StageName[] {
  return rowOf(stage).after;
}

function rowOf(stage: StageName) {
  const row = stageTable.find((candidate) => candidate.stage === stage);
  if (!row) throw new Error(`The stage table has no row for ${stage}.`);
  return row;
}
