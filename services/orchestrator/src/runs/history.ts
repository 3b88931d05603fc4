import { decode } from "@proxbox/contracts/envelope";
import { RunEvent, StageEvent } from "@proxbox/contracts/messages";
import { foldRun, type RunState } from "@proxbox/contracts/runs";
import { filters, parseEventSubject } from "@proxbox/contracts/subjects";
import type { Bus } from "@proxbox/runtime/bus";
import { readStored, type StoredMessage, streamState } from "@proxbox/runtime/reader";

/** A run as its facts tell it, and the sequence in PBX_EVT of the last of them. */
export type RunHistory = { run: RunState; seq: number };

/** Reads a run back from its facts; null when it has none (any more). */
export async function readRun(bus: Bus, id: string): Promise<RunHistory | null> {
  // The two are read one beside the other: what came after this instant could be in one and missing in the other.
  const { lastSeq } = await streamState(bus);
  const read = (filter: string) => Array.fromAsync(readStored(bus, { filter }));
  const [ofRun, ofStages] = await Promise.all([read(filters.runFactsOf(id)), read(filters.stageFactsOf(id))]);
  const facts = [...ofRun, ...ofStages]
    .filter((message) => message.seq <= lastSeq)
    .sort((left, right) => left.seq - right.seq);
  const run = facts.reduce<RunState | null>((state, message) => folded(bus, state, message), null);
  return run && { run, seq: facts.at(-1)?.seq ?? 0 };
}

function folded(bus: Bus, state: RunState | null, { subject, data }: StoredMessage): RunState | null {
  const isOfRun = parseEventSubject(subject)?.type === "run";
  try {
    return foldRun(state, { subject, event: isOfRun ? decode(RunEvent, data) : decode(StageEvent, data) });
  } catch (error) {
    bus.log.warn({ event: "bus.loop", subject, err: error }, "A fact that cannot be read is left out.");
    return state;
  }
}
