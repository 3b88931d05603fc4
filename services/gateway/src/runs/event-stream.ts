import { sseBody } from "../http/sse-body.ts";
import type { Followed } from "./following.ts";
import { type RunStreamEvent, sseFrame } from "./run-events.ts";

const utf8 = new TextEncoder();
const encoded = new WeakMap<RunStreamEvent, Uint8Array>();

/**
 * The body of an answer with the events of a run. `stop` is aborted when the reader goes away; `onEnd` is told how it ended,
 * perhaps twice: with the error when the events broke off.
 */
export function eventStream(
  { events, notice }: Followed,
  stop: AbortController,
  onEnd: (error?: unknown) => void,
): ReadableStream<Uint8Array> {
  const opening = `retry: 2000\n\n${notice ? sseFrame(notice) : ""}`;
  return sseBody(events, { opening, frameOf, stop, onEnd });
}

// All clients of a run get the same bytes: they are made once.
function frameOf(event: RunStreamEvent): Uint8Array {
  const known = encoded.get(event);
  if (known) return known;
  const frame = utf8.encode(sseFrame(event));
  encoded.set(event, frame);
  return frame;
}
