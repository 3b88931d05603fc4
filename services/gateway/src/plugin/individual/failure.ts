import type { WireError } from "@proxbox/contracts/errors";
import type { ObjectOutcome, StageResult } from "@proxbox/contracts/messages";
import { isOver, type RunState, type StageState } from "@proxbox/contracts/runs";
import { failureStatus } from "../failure-status.ts";
import { ended, withCause } from "../frames/error-sentence.ts";
import type { StageQuery } from "../stages/stage-query.ts";
import { guestOf, type IndividualKind, mainOf } from "./kinds.ts";

/** Why an object is not in line, and the HTTP status that says so. */
export type Failure = { status: number; code: string; message: string; next?: string };

/** One stage of the run of an object, and its results. */
export type StageReport = { stage: string; results: readonly StageResult["data"][] };

/** A run for one object of one endpoint, as far as it has come. */
export type IndividualRun = {
  state: RunState;
  endpoint: string;
  stages: readonly StageReport[];
  /** What keeps a run from ending that is not over, as far as it is known. */
  hindrance?: string | null;
};

/** Whether an outcome may be about this guest: not where it names another, for which the run was too. Pure. */
function mayConcern(vmid: number | null, { name }: Pick<ObjectOutcome, "name">): boolean {
  const [, named] = /\((?:vmid|qemu|lxc) (\d+)\)/.exec(name) ?? [];
  return vmid === null || named === undefined || Number(named) === vmid;
}

/** Why the object is not in line after its run; null: it is. Pure. */
export function failureOf(kind: IndividualKind, query: StageQuery, run: IndividualRun): Failure | null {
  const { state, stages, hindrance = null } = run;
  if (!isOver(state)) return notOver(state, hindrance);
  if (state.phase === "cancelled")
    return { status: 503, code: "cancelled", message: `Run ${state.id} was cancelled. ${state.reason ?? ""}`.trim() };
  const whole = state.stages.map(stageError).find((error) => error !== null);
  if (whole) return failed(whole);
  const outcomes = stages.flatMap(({ results }) => results.flatMap(({ objects }) => objects));
  const own = outcomes.filter((outcome) => kind.isOwn(outcome, query));
  const broken = own.find(({ outcome }) => outcome === "failed");
  if (broken?.error) return failed(broken.error);
  const main = mainOf(kind, own);
  if (main.length === 0) return absence(kind, query, run, outcomes);
  const reasons = main.flatMap((one) => (isLeftAlone(one) ? [one.reason ?? ""] : []));
  return reasons.length < main.length ? null : { status: 409, code: "left_alone", message: reasons[0] ?? "" };
}

function absence(
  kind: IndividualKind,
  query: StageQuery,
  { endpoint, stages }: IndividualRun,
  outcomes: readonly ObjectOutcome[],
): Failure | null {
  const kept = outcomes.find((one) => one.kind === "cluster" && isLeftAlone(one));
  if (kept) return { status: 409, code: "left_alone", message: `Cluster ${kept.name}: ${kept.reason}` };
  const vmid = guestOf(kind, query);
  const other = outcomes.find((one) => one.kind === "virtual-machine" && one.name.endsWith(` ${vmid})`));
  const where = `Proxmox endpoint ${endpoint}`;
  if (vmid !== null && outcomes.some(({ name }) => name === `guest ${vmid}`))
    return missing(`${where} has no guest ${vmid}, or does not show it to our token.`);
  if (other?.error) return failed(other.error);
  if (other && isLeftAlone(other))
    return { status: 409, code: "left_alone", message: `${other.name}: ${other.reason}` };
  if (kind.kind === "vm" && other) return missing(`Guest ${vmid} of ${where} is no ${query.type}: ${other.name}.`);
  // What kept it from being seen: a storage that did not answer, a guest whose configuration could not be read.
  const last = stages.at(-1)?.results ?? [];
  const told = last.flatMap(({ objects }) => objects.filter((one) => mayConcern(vmid, one)));
  const error = [...last, ...told].map((one) => one.error).find((one) => one !== undefined);
  if (error) return failed(error);
  const silent = told.find(isLeftAlone);
  if (kind.mayBeSilent) return null;
  return missing(
    `${where} has no ${kind.called(query)}.`,
    silent ? `The run says: ${silent.name}: ${silent.reason}` : undefined,
  );
}

/** Whether a run did not touch an object, other than because it was dry. */
function isLeftAlone(outcome: ObjectOutcome): boolean {
  return outcome.outcome === "skipped" && outcome.would === undefined;
}

function notOver({ id, phase, stages }: RunState, hindrance: string | null): Failure {
  const going = stages.filter((stage) => stage.phase === "running" || stage.phase === "commanded");
  const word = going.length > 0 ? `at work (${going.map(({ stage }) => stage).join(", ")})` : "at work";
  const message =
    phase === "queued"
      ? `Run ${id} waits for other runs to end.`
      : `Run ${id} is still ${word}; it was not over in time.`;
  const why = hindrance === null ? "" : ` ${ended(hindrance)}`;
  return {
    status: 504,
    code: "not_over",
    message: `${message}${why}`,
    next: `It goes on: look at GET /runs/${id}, or try again later.`,
  };
}

function stageError({ error, summary, phase }: StageState): WireError | null {
  if (phase === "failed" && error) return error;
  return summary?.endpoints.find(({ state }) => state === "failed")?.error ?? null;
}

function failed({ code, message, cause, next }: WireError): Failure {
  return { status: failureStatus(code), code, message: withCause({ message, cause }), ...(next ? { next } : {}) };
}

function missing(message: string, next?: string): Failure {
  return { status: 404, code: "not_found", message, ...(next ? { next } : {}) };
}
