import type { ObjectOutcome } from "@proxbox/contracts/messages";
import { ended } from "../frames/error-sentence.ts";
import { machineOf } from "../frames/machine-label.ts";
import { flagOf, type StageQuery } from "../stages/stage-query.ts";
import { type Failure, failureOf, type IndividualRun } from "./failure.ts";
import { guestOf, type IndividualKind, isNode, mainOf } from "./kinds.ts";

/** What an object rests on and was made with it; `object_type` and the other members as the plugin's own calls name them. */
export type Dependency = {
  object_type: "cluster" | "node" | "storage" | "vm";
  action: "created" | "dry_run";
  name: string;
} & {
  node?: string;
  vmid?: number;
  type?: string;
};

/** What is answered for one object. With an `error`, what stands in it stands in `detail` and `message` too. */
export type IndividualAnswer = {
  object_type: string;
  action: "created" | "updated" | "unchanged" | "deleted" | "noop" | "dry_run" | "error";
  /** How it was asked for. */
  proxmox_resource: Record<string, string | number>;
  netbox_object: { id: number; kind: string; name: string } | null;
  dry_run: boolean;
  /** Of a dry run: what the run would write. */
  would?: { object_type: string; name: string; reason: string }[];
  dependencies_synced: Dependency[];
  error: string | null;
  /** The run that did it; null when none was begun. */
  run_id: string | null;
  detail?: string;
  message?: string;
  python_exception?: null;
  code?: string;
  next?: string;
};

/**
 * What is answered after a run, and with which status. Pure. An object that is not in line is no 200: plugin 0.0.29.post6
 * shows `detail` of a failed request behind its buttons just as it shows `error`, but its batches and its page for new
 * machines take any status below 400 for a success, whatever `error` says.
 */
export function answerAfter(
  kind: IndividualKind,
  query: StageQuery,
  run: IndividualRun,
): { status: number; body: IndividualAnswer } {
  const outcomes = run.stages.flatMap(({ results }) => results.flatMap(({ objects }) => objects));
  const own = outcomes.filter((outcome) => kind.isOwn(outcome, query));
  const failure = failureOf(kind, query, run);
  const main = mainOf(kind, own).find(({ id }) => id !== undefined);
  const answer: IndividualAnswer = {
    ...nothingDone(kind, query),
    netbox_object: main?.id === undefined ? null : { id: main.id, kind: main.kind, name: main.name },
    dependencies_synced: dependenciesOf(
      kind,
      query,
      outcomes.filter((outcome) => !own.includes(outcome)),
    ),
    run_id: run.state.id,
  };
  if (failure) return failedAnswer(answer, failure);
  if (!answer.dry_run) return { status: 200, body: { ...answer, action: actionOf(kind, own) } };
  const would = outcomes
    .filter(({ would }) => would !== undefined)
    .map(({ kind: type, name, reason = "" }) => ({ object_type: type, name, reason }));
  return { status: 200, body: { ...answer, action: "dry_run", would } };
}

/** The same answer where it came to no run, or to no good one. Pure. */
export function failedAnswer(answer: IndividualAnswer, { status, code, message, next }: Failure) {
  const error = next ? `${ended(message)} ${next}` : message;
  const problem = { detail: error, message, python_exception: null, code, ...(next ? { next } : {}) };
  return { status, body: { ...answer, action: "error", error, ...problem } satisfies IndividualAnswer };
}

/** The answer of an object of which nothing has been done yet. Pure. */
export function nothingDone(kind: IndividualKind, query: StageQuery): IndividualAnswer {
  const names = [...kind.required, ...(kind.optional ?? [])].filter((name) => query[name] !== undefined);
  return {
    object_type: kind.objectType,
    action: "error",
    proxmox_resource: Object.fromEntries(
      names.map((name) => [name, name === "vmid" ? Number(query[name]) : (query[name] ?? "")]),
    ),
    netbox_object: null,
    dry_run: flagOf(query, "dry_run") ?? false,
    dependencies_synced: [],
    error: null,
    run_id: null,
  };
}

function actionOf(kind: IndividualKind, own: readonly ObjectOutcome[]): IndividualAnswer["action"] {
  const main = mainOf(kind, own);
  if (main.some(({ outcome }) => outcome === "created")) return "created";
  if (main.some(({ outcome }) => outcome === "deleted")) return "deleted";
  if (own.some(({ outcome }) => outcome === "created" || outcome === "updated" || outcome === "deleted"))
    return "updated";
  return main.length > 0 ? "unchanged" : "noop";
}

/**
 * What the object itself rests on and the run has made. The plugin asks once more for each of these by itself, so what
 * only was brought up to date, and what else was made on the way, is not among them.
 */
function dependenciesOf(kind: IndividualKind, query: StageQuery, others: readonly ObjectOutcome[]): Dependency[] {
  const { node, cluster_name: cluster, storage, storage_name: store = storage } = query;
  const vmid = guestOf(kind, query);
  return others.flatMap((outcome): Dependency[] => {
    const { kind: made, name } = outcome;
    const isPlanned = outcome.would === "created";
    if (outcome.outcome !== "created" && !isPlanned) return [];
    const action = isPlanned ? "dry_run" : "created";
    if (made === "cluster") return [{ object_type: "cluster", action, name: cluster ?? name }];
    if (made === "device" && node !== undefined && isNode(name, node))
      return [{ object_type: "node", action, name: node }];
    if (made === "storage" && store !== undefined && name.endsWith(`/${store}`))
      return [{ object_type: "storage", action, name: store }];
    const machine = machineOf(outcome);
    if (machine?.vmid !== vmid) return [];
    return [{ object_type: "vm", action, name: machine.name, ...(node ? { node } : {}), vmid, type: machine.type }];
  });
}
