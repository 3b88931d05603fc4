import type { ObjectOutcome } from "@proxbox/contracts/messages";
import type { StageName } from "@proxbox/contracts/stages";
import { sentenceOf } from "./error-sentence.ts";
import type { PluginFrame } from "./frame.ts";
import { type LegacyPayload, legacyEnd, legacyPayload } from "./legacy-payloads.ts";
import { machineOf, nameOf } from "./machine-label.ts";
import { pageOf } from "./netbox-pages.ts";
import type { ResultData } from "./run-facts.ts";
import type { StageTally } from "./stage-tally.ts";
import { stageWords } from "./stage-words.ts";
import { errorDetail } from "./told-errors.ts";

/** `progress` of frames. */
export type Progress = { current: number; total: number; percent: number };

/** How far a stage is, in batches: how many objects they hold is not known before they are worked. */
export function progressOf({ done, batches }: StageTally): Progress {
  const total = Math.max(batches ?? 0, done);
  return { current: done, total, percent: total === 0 ? 0 : Math.round((done / total) * 10_000) / 100 };
}

/**
 * The frames of a batch that has its result: what came of the batch, then each of its objects in order, then the error that
 * ended it early. Objects made beside the stage's own are told when they failed, were skipped or deleted. Pure.
 */
export function resultFrames(tally: StageTally, result: ResultData, netboxUrl: string | null): PluginFrame[] {
  const { phase, kinds, many } = stageWords[tally.stage];
  const isTold = ({ kind, outcome }: ObjectOutcome) =>
    loud.includes(outcome) || (kinds.includes(kind) && !(many && outcome === "unchanged"));
  const about = { stage: tally.stage, progress: progressOf(tally), netboxUrl };
  return [
    ...batchFrame(tally, result),
    ...result.objects.filter(isTold).flatMap((object) => objectFrames(object, about)),
    ...(result.error ? [errorDetail(phase, { error: result.error, object: null })] : []),
  ];
}

/** The older dialect's end of a stage, as a `step` frame. */
export function endFrames(stage: StageName): PluginFrame[] {
  const payload = legacyEnd(stage);
  if (!payload) return [];
  const { object } = payload;
  const message = `No more of ${object} in this stage.`;
  return [{ event: "step", data: { step: object, status: "completed", message, rowid: null, payload } }];
}

const loud: readonly string[] = ["failed", "skipped", "deleted"];

function batchFrame(tally: StageTally, { key, state, counts, ms }: ResultData): PluginFrame[] {
  const parts = Object.entries(counts).filter(([, count]) => count > 0);
  if (parts.length === 0 && state !== "failed" && state !== "cancelled") return [];
  const status = state === "failed" || state === "cancelled" ? "failed" : state === "skipped" ? "skipped" : "completed";
  const { current, total } = progressOf(tally);
  const counted = parts.map(([outcome, count]) => `${count} ${outcome}`).join(", ");
  const told = counted || (state === "failed" ? "it failed" : "it was called off");
  const data = {
    event: "substep",
    phase: stageWords[tally.stage].phase,
    substep: key,
    status,
    message: `Batch ${current} of ${total} of ${tally.stage}: ${told}.`,
    timing: { elapsed_ms: ms },
  };
  return [{ event: "substep", data }];
}

type About = { stage: StageName; progress: Progress; netboxUrl: string | null };

function objectFrames(object: ObjectOutcome, { stage, progress, netboxUrl }: About): PluginFrame[] {
  const { phase, kinds, item: own } = stageWords[stage];
  const { kind, id, outcome, reason, error } = object;
  const machine = machineOf(object);
  const name = nameOf(object);
  const itemType = machine?.type ?? (kinds.includes(kind) && own !== "sdn" ? own : kind);
  const url = pageOf(netboxUrl, kind, id);
  const item = {
    name,
    ...(id === undefined ? {} : { netbox_id: id }),
    ...(url ? { netbox_url: url } : {}),
    item_type: itemType,
    ...(machine ? { extra: { vmid: machine.vmid } } : {}),
  };
  const failure = outcome === "failed" ? (error ? sentenceOf(error, name) : `${name} failed.`) : null;
  const message = failure ?? `${capital(kind.replaceAll("-", " "))} '${name}' ${said(object)}`;
  const data = {
    event: "item_progress",
    phase,
    status: outcome === "failed" || outcome === "skipped" ? outcome : "completed",
    message,
    item,
    operation: operationOf(object),
    progress,
    ...(failure ? { error: failure } : {}),
    ...(failure === null && reason ? { warning: reason } : {}),
  };
  const twin = legacyPayload(stage, object, netboxUrl);
  return [
    ...(object.renamed
      ? [{ event: "duplicate_name_resolved", data: { event: "duplicate_name_resolved", ...object.renamed } } as const]
      : []),
    { event: "item_progress", data },
    ...(twin ? [twinFrame(twin, message)] : []),
    ...(error && outcome === "failed" ? [errorDetail(phase, { error, object: { kind, name } }, itemType)] : []),
  ];
}

function twinFrame(payload: LegacyPayload, message: string): PluginFrame {
  const { completed, error, rowid } = payload.data;
  const status = error ? "failed" : completed ? "completed" : "progress";
  return { event: "step", data: { step: payload.object, status, message, rowid, payload } };
}

function operationOf({ outcome, reason }: ObjectOutcome): string {
  if (outcome === "unchanged") return "skipped";
  return outcome === "skipped" && /^would be (deleted|marked)/.test(reason ?? "") ? "would_delete" : outcome;
}

function said(object: ObjectOutcome): string {
  const { outcome, reason } = object;
  if (object.would) return `${reason}.`;
  const why = reason ? `: ${reason}` : ".";
  switch (outcome) {
    case "created":
      return `was created${why}`;
    case "updated":
      return `was updated${fieldsOf(object)}${why}`;
    case "unchanged":
      return `is as it should be${why}`;
    case "deleted":
      return `was deleted${why}`;
    case "skipped":
      return `was left alone${why}`;
    case "failed":
      return `failed${why}`;
  }
}

/** The fields that changed, the first of many: the plugin shows a frame in full up to 600 characters. */
function fieldsOf({ fields = [] }: ObjectOutcome): string {
  const named = fields.slice(0, 5).join(", ");
  return named ? ` (${named}${fields.length > 5 ? ", ..." : ""})` : "";
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
