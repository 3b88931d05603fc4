import { isOver } from "@proxbox/contracts/runs";
import type { GatewayParts } from "./parts.ts";
import { type Beginning, beginningAfter, type RunStreamEvent } from "./run-events.ts";

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
  const { state, stream, lastFact } = await runs.read(run);
  const { lastEventId, forEver, signal } = place;
  const { seq, notice } = beginningAfter(lastEventId, stream);
  const over = isOver(state);
  return {
    notice,
    events: hub.follow(run, { seq, over, forEver, signal }),
    isFinished: over && !forEver && notice === null && seq > lastFact,
  };
}
