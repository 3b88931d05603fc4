import { isOver, type StoredEvent } from "@proxbox/contracts/runs";
import { parseEventSubject } from "@proxbox/contracts/subjects";
import type { GatewayParts } from "../parts.ts";
import { type Beginning, beginningAfter, overAfter, type RunStreamEvent } from "./run-events.ts";

/** A client's way through the events of a run. */
export type Followed = {
  notice: Beginning["notice"];
  events: AsyncIterable<RunStreamEvent>;
  /** The run is over and the client has seen its end: there is nothing to follow. */
  isFinished: boolean;
};

/** What a client says about where it is: its Last-Event-ID, and whether it waits for a replay after the end. */
export type Place = { lastEventId: string | null; forEver: boolean; signal: AbortSignal };

/** Begins to follow a run. Nothing is read before the events are iterated. Throws RequestError 404. */
export async function followRun(
  { runs, hub }: Pick<GatewayParts, "runs" | "hub">,
  run: string,
  place: Place,
): Promise<Followed> {
  const { state, events, stream, lastFact } = await runs.trail(run);
  const { lastEventId, forEver, signal } = place;
  const { seq, notice } = beginningAfter(lastEventId, stream, state !== null);
  const over = state ? isOver(state) : seemsOver(events);
  return {
    notice,
    events: hub.follow(run, { seq, over, forEver, signal }),
    isFinished: over && !forEver && notice === null && seq > lastFact,
  };
}

// Of a run whose beginning is forgotten: by its last word on that.
function seemsOver(events: readonly StoredEvent[]): boolean {
  const words = events.map(({ subject }) => parseEventSubject(subject)).map((address) => address && overAfter(address));
  return words.findLast((word) => word !== null) ?? false;
}
