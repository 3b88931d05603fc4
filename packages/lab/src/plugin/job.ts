import { type PluginEndpoint, rowName } from "./endpoint-rows.ts";
import {
  type PhaseReport,
  phaseText,
  readClusters,
  readCpuTables,
  readFirewalls,
  readTemplateTables,
} from "./job-phases.ts";
import { checkKeyForJob } from "./keys.ts";
import { readTimeZone } from "./local-reads.ts";
import type { Plugin } from "./plugin-client.ts";
import { bindMachines, nodeNames } from "./plugin-rows.ts";
import { ShapeError } from "./shapes.ts";
import { runStage, type StageReport, untilReady } from "./stage-stream.ts";
import { isSkipped, isSoft, pathsOf, type SyncModes, type SyncType, stageQuery, stagesOf } from "./stages.ts";

/** What a job is started with; left out: everything of all endpoints. */
export type JobOptions = {
  types?: readonly SyncType[];
  /** Numbers of endpoints in NetBox. */
  endpoints?: readonly number[];
  /** Machines in NetBox, as the button of one has it. */
  netboxVmIds?: readonly number[];
  modes?: SyncModes;
};

/** A stage of an endpoint, which is told by its number in NetBox. */
export type StageOfEndpoint = StageReport & { endpoint: number };

/** What NetBox keeps and shows of a job. */
export type JobReport = {
  status: "completed" | "errored";
  /** What its page says of the error; null when there is none. */
  text: string | null;
  /** What its log says and nothing fails for. */
  warnings: string[];
  /** What the plugin read itself. */
  phases: PhaseReport[];
  /** The stages that were asked for, in order, failed ones too. */
  stages: StageOfEndpoint[];
  /** The time zone of each endpoint by number, of those that told it. */
  zones: Record<number, string>;
  seconds: number;
};

class JobError extends Error {
  override readonly name = "JobError";
}

type Job = {
  plugin: Plugin;
  options: Required<JobOptions>;
  endpoints: PluginEndpoint[];
  report: JobReport;
  /** Why endpoints were left out, from 0.0.29 on. */
  stopped: string[];
};

/**
 * One job of the plugin from its key to its end: push, cluster and nodes, firewall, CPU models, templates, then every
 * stage of one endpoint after another. In 0.0.24 a failed stage ends the job and failed reads are warnings; in 0.0.29.post6
 * a failed stage ends its endpoint, and failed reads fail the job at its end. Never throws for what a job may meet.
 */
export async function runJob(plugin: Plugin, options: JobOptions = {}): Promise<JobReport> {
  const begun = performance.now();
  const report: JobReport = {
    status: "completed",
    text: null,
    warnings: [],
    phases: [],
    stages: [],
    zones: {},
    seconds: 0,
  };
  const chosen = options.endpoints ?? plugin.endpoints.map(({ pk }) => pk);
  const job: Job = {
    plugin,
    options: { types: ["all"], netboxVmIds: [], modes: {}, ...options, endpoints: chosen },
    endpoints: plugin.endpoints.filter(({ pk, enabled }) => enabled && chosen.includes(pk)),
    report,
    stopped: [],
  };
  try {
    await preflight(job);
    await readClusters(plugin, job.endpoints, report);
    if (job.options.netboxVmIds.length === 0) {
      await readFirewalls(plugin, job.endpoints, report);
      await readCpuTables(plugin, job.endpoints, report);
      if (job.options.modes.vm_template !== "disabled") await readTemplateTables(plugin, job.endpoints, report);
    }
    const ids = await runStages(job);
    const unbound = plugin.release === "0.0.24" ? 0 : bindMachines(plugin.netbox, ids);
    if (unbound > 0) report.warnings.push(`${unbound} machines could not be bound to an endpoint.`);
    judge(job);
  } catch (error) {
    if (!(error instanceof JobError || error instanceof ShapeError)) throw error;
    report.status = "errored";
    report.text = error.message;
  }
  report.seconds = (performance.now() - begun) / 1_000;
  return report;
}

async function preflight({ plugin, endpoints, report }: Job): Promise<void> {
  const { backend, release, push, wait } = plugin;
  const verdict = await checkKeyForJob(backend, release, wait);
  if (verdict !== "accepted") throw new JobError(`Backend API-key preflight failed: ${verdict}`);
  const notReady = await untilReady(backend, wait, 5);
  if (notReady !== null) report.warnings.push(`Backend not ready: ${notReady}`);
  const failure = await push.netbox(plugin.own);
  // What the backend had before may be another NetBox: without a push that went well nothing is known of it.
  if (failure !== null) throw new JobError(`NetBox endpoint push failed: ${failure}`);
  const rows = await push.list();
  for (const endpoint of endpoints) {
    const failed = typeof rows === "string" ? rows : await push.proxmox(endpoint, rows);
    if (failed !== null) report.warnings.push(`Proxmox endpoint ${rowName(endpoint)} push failed: ${failed}`);
    if (release === "0.0.24") continue;
    const [node] = nodeNames(plugin.netbox, endpoint);
    const zone = node === undefined ? null : await readTimeZone(backend, rowName(endpoint), node);
    if (zone !== null) report.zones[endpoint.pk] = zone;
  }
}

/** The ids of the endpoints that were run, by number in NetBox. */
async function runStages(job: Job): Promise<Map<number, number>> {
  const { plugin, endpoints, options, stopped } = job;
  const ids = new Map<number, number>();
  const rows = await plugin.push.list();
  for (const endpoint of endpoints) {
    const id = typeof rows === "string" ? rows : await plugin.push.resolve(endpoint);
    if (typeof id === "number") ids.set(endpoint.pk, id);
    else stopped.push(`endpoint ${endpoint.pk}: ${id}`);
  }
  const runId = crypto.randomUUID();
  for (const endpoint of endpoints) {
    const id = ids.get(endpoint.pk);
    if (id !== undefined) await runEndpoint(job, endpoint, id, runId, stagesOf(options.types));
  }
  return ids;
}

async function runEndpoint(
  { plugin, options, report, stopped }: Job,
  { pk }: PluginEndpoint,
  id: number,
  runId: string,
  stages: ReturnType<typeof stagesOf>,
): Promise<void> {
  const { release } = plugin;
  const { netboxVmIds, modes } = options;
  for (const stage of stages) {
    if (isSkipped(stage, modes)) continue;
    const query = stageQuery({ release, stage, stages, endpoint: id, modes, netboxVmIds, runId });
    for (const path of pathsOf(stage, netboxVmIds)) {
      const done = await runStage(plugin, { stage, path, query });
      report.stages.push({ ...done, endpoint: pk });
      if (done.text === null) continue;
      if (isSoft(stage)) {
        report.warnings.push(`Optional stage '${stage}' failed and was skipped: ${done.text}`);
        continue;
      }
      if (release === "0.0.24") throw new JobError(done.text);
      stopped.push(`endpoint ${pk}: ${done.text}`);
      return;
    }
  }
}

/** What a job ends with, from what has failed in it. */
function judge({ plugin, report, stopped }: Job): void {
  const failed = report.phases.filter(({ failure }) => failure !== null);
  if (stopped.length > 0) {
    throw new JobError(`${stopped.length} Proxmox endpoint(s) were skipped and did not sync — ${stopped.join("; ")}`);
  }
  if (failed.length === 0) return;
  const texts = failed.map(phaseText).join("; ");
  if (plugin.release === "0.0.24") report.warnings.push(texts);
  else throw new JobError(`Local reconciliation failed: ${texts}`);
}
