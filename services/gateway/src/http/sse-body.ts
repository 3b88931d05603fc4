/** Headers of event streams for browsers and scripts. */
export const sseHeaders = {
  "content-type": "text/event-stream; charset=utf-8",
  "cache-control": "no-cache, no-transform",
  "x-accel-buffering": "no",
};

/** A silence longer than this is broken by a comment, before proxies and clients give the connection up. */
const heartbeatMs = 10_000;

const utf8 = new TextEncoder();
const heartbeat = utf8.encode(": still here\n\n");

/** How items become the body of an answer. */
export type SseBody<T> = {
  /** What is sent at once, so that the reader's connection is open before there is an item. */
  opening: string;
  frameOf: (item: T) => Uint8Array;
  /** Aborted when the reader goes away; must end the items. */
  stop: AbortController;
  /** Told how it ended, perhaps twice: with the error when the items broke off. */
  onEnd: (error?: unknown) => void;
  /** How long a silence may be, where it is not 10 s. */
  silenceMs?: number;
};

/**
 * The body of an answer with server-sent events. Each frame is made when the reader has room for it, so a reader that stalls
 * holds one frame and no more.
 */
export function sseBody<T>(items: AsyncIterable<T>, body: SseBody<T>): ReadableStream<Uint8Array> {
  const { opening, frameOf, stop, onEnd, silenceMs = heartbeatMs } = body;
  const iterator = items[Symbol.asyncIterator]();
  let pending: Promise<IteratorResult<T>> | null = null;
  return new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(utf8.encode(opening)),
    pull: async (controller) => {
      try {
        pending ??= iterator.next();
        const next = await orSilence(pending, silenceMs);
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

/** What comes next; null when nothing has come for `ms`. What was awaited goes on, and can be awaited again. */
async function orSilence<T>(next: Promise<T>, ms: number): Promise<T | null> {
  const silence = Promise.withResolvers<null>();
  const timer = setTimeout(() => silence.resolve(null), ms);
  try {
    return await Promise.race([next, silence.promise]);
  } finally {
    clearTimeout(timer);
  }
}
