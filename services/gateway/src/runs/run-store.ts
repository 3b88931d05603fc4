import { runKeys } from "@proxbox/contracts/endpoints";
import { type Author, decode, encode } from "@proxbox/contracts/envelope";
import type { AttemptResults } from "@proxbox/contracts/http";
import { type AttemptMode, RunEvent, type RunRequest, StageEvent, StageResult } from "@proxbox/contracts/messages";
import { indexEntryOf, RunIndexEntry } from "@proxbox/contracts/run-index";
import { foldRun, isOver, isStageOver, type RunState, type StoredEvent } from "@proxbox/contracts/runs";
import type { StageName } from "@proxbox/contracts/stages";
import {
  filters,
  isToken,
  parseEventSubject,
  runEventSubject,
  runToken,
  stageEventSubject,
} from "@proxbox/contracts/subjects";
import type { Bucket } from "@proxbox/runtime/buckets";
import type { Bus } from "@proxbox/runtime/bus";
import { envelopeOf } from "@proxbox/runtime/envelopes";
import { readStored, type StreamState, streamState } from "@proxbox/runtime/reader";
import { conflict, notFound, type RequestError } from "../errors.ts";

/** What the stream has of a run: its facts, and the run folded from them; null when its beginning is no longer stored. */
export type RunTrail = {
  state: RunState | null;
  events: StoredEvent[];
  /** The sequence of the newest of these facts. */
  lastFact: number;
  /** The stream when it was read: the trail holds every fact up to `lastSeq`. */
  stream: StreamState;
};

/** A run that is known from its beginning. */
export type RunRecord = RunTrail & { state: RunState };

/** Which results of an attempt are wanted: those after a sequence, at most so many, in one state if given. */
export type ResultPage = { after: number; limit: number; state?: StageResult["data"]["state"] | undefined };

/** The runs, read from the stream, and what callers may ask of them. Nothing of them is kept in this process. */
export type RunStore = {
  /** Asks for a run under an id. Asking again for the same changes nothing; for something else throws RequestError 409. */
  create(run: string, request: RunRequest): Promise<RunState>;
  /** Both throw RequestError 404; `trail` only when nothing of the run is stored. */
  read(run: string): Promise<RunRecord>;
  trail(run: string): Promise<RunTrail>;
  /** The newest first. */
  list(limit: number): Promise<RunIndexEntry[]>;
  /** Asks for a run's end. Throws RequestError 404, or 409 when it has ended. */
  cancel(run: string, reason: string): Promise<RunState>;
  /** Asks for a stage's next attempt and tells its number. Throws RequestError 404, or 409 when it cannot be now. */
  replay(run: string, stage: string, mode: AttemptMode): Promise<number>;
  results(
    run: string,
    stage: string,
    attempt: number,
    page: ResultPage,
  ): Promise<Pick<AttemptResults, "results" | "next">>;
};

/** Results on a page end when they are this big together. */
const largestPage = 8 * 1024 * 1024;

/** Opens the runs of the bus; `author` signs what is asked. */
export function openRunStore(bus: Bus, index: Bucket, author: Author): RunStore {
  const trail = async (run: string): Promise<RunTrail> => {
    if (!isToken(run)) throw unknownRun(run);
    const stream = await streamState(bus);
    const stored: (StoredEvent & { seq: number })[] = [];
    for (const [filter, schema] of [
      [filters.runFactsOf(run), RunEvent],
      [filters.stageFactsOf(run), StageEvent],
    ] as const) {
      for await (const { subject, seq, data } of readStored(bus, { filter })) {
        if (seq > stream.lastSeq) break;
        stored.push({ subject, seq, event: decode(schema, data) });
      }
    }
    const events = stored.sort((left, right) => left.seq - right.seq);
    const last = events.at(-1);
    if (!last) throw unknownRun(run);
    return { state: events.reduce<RunState | null>(foldRun, null), events, lastFact: last.seq, stream };
  };
  const read = async (run: string): Promise<RunRecord> => {
    const { state, ...rest } = await trail(run);
    if (!state) throw unknownRun(run);
    return { state, ...rest };
  };

  return {
    trail,
    read,
    create: async (run, request) => {
      const subject = runEventSubject(run, 0, "created");
      const envelope = envelopeOf(subject, { run, stage: runToken, attempt: 0 }, author, { request });
      const isNew = await bus.publishOnce(subject, encode(RunEvent, envelope));
      const { state, lastFact } = await read(run);
      if (!isNew && !Bun.deepEquals(state.request, request)) {
        throw conflict("This Idempotency-Key was used for another request.", "Send another key with another request.");
      }
      // The orchestrator keeps the index; it is begun here so that a list has the run even before one is at work.
      if (isNew) await index.create(runKeys.index(run), JSON.stringify(indexEntryOf(state, lastFact)));
      return state;
    },
    list: async (limit) => {
      const entries = (await index.list(runKeys.indexAll)).flatMap(({ value }) => readEntry(value) ?? []);
      return entries.sort((left, right) => right.createdAt.localeCompare(left.createdAt)).slice(0, limit);
    },
    cancel: async (run, reason) => {
      const { state } = await read(run);
      if (isOver(state)) throw conflict(`Run ${run} has ended already (${state.phase}).`);
      const subject = runEventSubject(run, state.generation, "cancelling");
      const place = { run, stage: runToken, attempt: state.generation };
      await bus.publishOnce(subject, encode(RunEvent, envelopeOf(subject, place, author, { reason })));
      return (await read(run)).state;
    },
    replay: async (run, stage, mode) => {
      const { state } = await read(run);
      const attempt = nextAttempt(state, stage);
      const subject = stageEventSubject(run, stage, attempt, "replay");
      const envelope = envelopeOf(subject, { run, stage, attempt }, author, { mode });
      if (!(await bus.publishOnce(subject, encode(StageEvent, envelope)))) {
        throw conflict(`Attempt ${attempt} of stage ${stage} has been asked for already.`);
      }
      return attempt;
    },
    results: async (run, stage, attempt, { after, limit, state }) => {
      const { epoch } = await streamState(bus);
      const results: AttemptResults["results"] = [];
      let size = 0;
      let last = after;
      const reading = { filter: filters.resultsOf(run, stage, attempt), startSeq: after + 1 };
      for await (const message of readStored(bus, reading)) {
        if (results.length >= limit || size >= largestPage) return { results, next: last };
        last = message.seq;
        if (parseEventSubject(message.subject)?.type !== "result") continue;
        const { ts, data } = decode(StageResult, message.data);
        if (state && data.state !== state) continue;
        results.push({ id: `${epoch}-${message.seq}`, ts, ...data });
        size += message.data.byteLength;
      }
      return { results, next: null };
    },
  };
}

function unknownRun(run: string): RequestError {
  return notFound(`There is no run ${run}.`, "GET /runs lists the runs; their events are kept for 14 days.");
}

// The index is only a short cut: an entry of another version is left out of the list, not a reason to have none.
function readEntry(value: string): RunIndexEntry | null {
  try {
    return decode(RunIndexEntry, value);
  } catch {
    return null;
  }
}

function nextAttempt(run: RunState, name: string): number {
  const stage = run.stages.find((entry) => entry.stage === (name as StageName));
  if (!stage) throw notFound(`Run ${run.id} has no stage ${name}.`, `Its stages: ${run.request.stages.join(", ")}.`);
  if (run.phase === "cancelling") throw conflict(`Run ${run.id} is being cancelled.`, "Replay when it has ended.");
  if (stage.phase === "blocked") {
    const cause = stage.because.join(", ");
    throw conflict(
      `Stage ${name} never ran: it is blocked by ${cause}.`,
      `Replay ${cause}; ${name} follows by itself.`,
    );
  }
  if (stage.attempt === 0) throw conflict(`Stage ${name} has not run yet.`);
  if (!isStageOver(stage)) throw conflict(`Stage ${name} is not over (${stage.phase}).`, "Cancel the run, or wait.");
  return stage.attempt + 1;
}
