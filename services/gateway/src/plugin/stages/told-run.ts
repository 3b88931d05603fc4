import { ProxboxError } from "@proxbox/runtime/errors";
import type { RunStreamEvent } from "../../runs/run-events.ts";
import type { PluginFrame } from "../frames/frame.ts";
import type { FrameMaker } from "../frames/stage-frames.ts";
import type { FrameTeller } from "./telling.ts";

/** Waits for `ms`; rejects when the signal is aborted. A clock, so that tests can have one of their own. */
export type Pause = (ms: number, signal: AbortSignal) => Promise<void>;

/** How a run is told: `now` in milliseconds from anywhere, by the clock that `pause` waits by. */
type ToldOptions = { pause: Pause; now?: () => number; onBroken: (error: unknown) => void };

/** The plugin shows that a stage lives when a frame comes, and reckons with one every 20 seconds; comments do not count. */
export const longestSilenceMs = 10_000;

/**
 * A run as a plugin reads it: what is sent at once, the frames of each event, a word after each 10 seconds without a frame.
 * Ends after the one `complete`, however the events end; `onBroken` is told when they broke off. Nothing is made before
 * it is asked for, so a reader that stalls holds the frames of one event.
 */
export async function* toldRun(
  events: AsyncIterable<RunStreamEvent>,
  maker: FrameMaker | FrameTeller,
  { pause, now = () => performance.now(), onBroken }: ToldOptions,
): AsyncGenerator<PluginFrame[]> {
  const iterator = events[Symbol.asyncIterator]();
  let pending: Promise<IteratorResult<RunStreamEvent>> | null = null;
  let toldAt = now();
  let silence = startSilence(pause, longestSilenceMs);
  const more = async (): Promise<PluginFrame[]> => {
    pending ??= iterator.next();
    const next = await Promise.race([pending, silence.over]);
    if (next === null) {
      // The wait may have begun before the last frame: one for each frame would cost more than the frames.
      const left = toldAt + longestSilenceMs - now();
      silence = startSilence(pause, left > 0 ? left : longestSilenceMs);
      return left > 0 ? [] : maker.silence();
    }
    pending = null;
    if (!next.done) return await maker.of(next.value);
    throw new ProxboxError("stream_ended", "The events of the run ended before the run did.", { retryable: true });
  };
  try {
    for (let frames = maker.begin(); ; frames = await more()) {
      // An event without a frame breaks no silence.
      if (frames.length === 0) continue;
      const end = frames.findIndex(({ event }) => event === "complete");
      yield end < 0 ? frames : frames.slice(0, end + 1);
      if (end >= 0) return;
      toldAt = now();
    }
  } catch (error) {
    onBroken(error);
    yield maker.broken(error);
  } finally {
    silence.stop();
    await iterator.return?.();
  }
}

function startSilence(pause: Pause, ms: number): { over: Promise<null>; stop: () => void } {
  const stopped = new AbortController();
  const over = Promise.withResolvers<null>();
  pause(ms, stopped.signal).then(
    () => over.resolve(null),
    () => {},
  );
  return { over: over.promise, stop: () => stopped.abort() };
}
