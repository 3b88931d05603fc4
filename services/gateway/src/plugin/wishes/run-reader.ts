import type { RunRequest } from "@proxbox/contracts/messages";
import type { GatewayParts } from "../../parts.ts";
import type { RunStreamEvent } from "../../runs/run-events.ts";

/** One who reads a run; leaving ends the events, and lets the run go that nobody else reads. */
export type RunReader = {
  run: string;
  events: AsyncIterable<RunStreamEvent>;
  /** The events once more, from the first one on. */
  history(): AsyncIterable<RunStreamEvent>;
  signal: AbortSignal;
  leave(): void;
};

/**
 * Asks for a run, or attaches to the one that is going, and reads it from its first event on until `caller` is aborted.
 * Throws RequestError as `Wishes.attend` does.
 */
export async function attendRun(
  { wishes, hub, log }: Pick<GatewayParts, "wishes" | "hub" | "log">,
  request: RunRequest,
  caller: AbortSignal,
): Promise<RunReader> {
  const attendance = await wishes.attend(request);
  const { run, isNew } = attendance;
  const { mode, stages } = request;
  if (isNew) log.info({ event: "run.created", run, mode, stages }, "A run was asked for.");
  const stop = new AbortController();
  const { signal } = stop;
  const leave = () => {
    if (signal.aborted) return;
    stop.abort();
    attendance[Symbol.dispose]();
  };
  caller.addEventListener("abort", leave, { once: true });
  if (caller.aborted) leave();
  const history = () => hub.follow(run, { seq: 1, over: false, forEver: false, signal });
  return { run, events: history(), history, signal, leave };
}
