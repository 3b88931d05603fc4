import type { Followed } from "./following.ts";
import { type RunStreamEvent, sseFrame } from "./run-events.ts";
import { heartbeatMs, orSilence } from "./silence.ts";

const utf8 = new TextEncoder();
const opening = utf8.encode("retry: 2000\n\n");
const heartbeat = utf8.encode(": still here\n\n");
const encoded = new WeakMap<RunStreamEvent, Uint8Array>();

/**
 * The body of an SSE answer. Each frame is made when the reader has room for it, so a reader that stalls holds one frame
 * and no more. `stop` is aborted when the reader goes away; `onEnd` is told how it ended, perhaps twice:
 * with the error when the events broke off.
 */
export function eventStream(
  { events, notice }: Followed,
  stop: AbortController,
  onEnd: (error?: unknown) => void,
): ReadableStream<Uint8Array> {
  const iterator = events[Symbol.asyncIterator]();
  let pending: Promise<IteratorResult<RunStreamEvent>> | null = null;
  return new ReadableStream<Uint8Array>({
    start: (controller) => {
      controller.enqueue(opening);
      if (notice) controller.enqueue(utf8.encode(sseFrame(notice)));
    },
    pull: async (controller) => {
      try {
        pending ??= iterator.next();
        const next = await orSilence(pending, heartbeatMs);
        if (next === null) return controller.enqueue(heartbeat);
        pending = null;
        if (!next.done) return controller.enqueue(frameOf(next.value));
        onEnd();
        controller.close();
      } catch (error) {
        onEnd(error);
        controller.error(error);
      }
    },
    cancel: async () => {
      stop.abort();
      await iterator.return?.();
      onEnd();
    },
  });
}

// All clients of a run get the same bytes: they are made once.
function frameOf(event: RunStreamEvent): Uint8Array {
  const known = encoded.get(event);
  if (known) return known;
  const frame = utf8.encode(sseFrame(event));
  encoded.set(event, frame);
  return frame;
}
