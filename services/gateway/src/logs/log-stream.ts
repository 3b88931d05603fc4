import { heartbeatMs, orSilence } from "../silence.ts";
import type { LogEntry } from "./log-entry.ts";

const utf8 = new TextEncoder();
const heartbeat = utf8.encode(": still here\n\n");

/** One entry as a server-sent event, as the plugin's logs page listens for it. */
export function logFrame(entry: LogEntry): string {
  return `event: log\ndata: ${JSON.stringify(entry)}\n\n`;
}

/**
 * The body of the log stream: what is stored, then what comes. Each frame is made when the reader has room for it; `stop` is
 * aborted when the reader goes away, and must end `entries`; it is aborted as well when they have ended.
 */
export function logStream(
  stored: readonly LogEntry[],
  entries: AsyncIterable<LogEntry>,
  stop: AbortController,
  silenceMs = heartbeatMs,
): ReadableStream<Uint8Array> {
  const iterator = entries[Symbol.asyncIterator]();
  let pending: Promise<IteratorResult<LogEntry>> | null = null;
  return new ReadableStream<Uint8Array>({
    // A comment first, so that the reader's connection is open before anything is said.
    start: (controller) => controller.enqueue(utf8.encode(`: log\n\n${stored.map(logFrame).join("")}`)),
    pull: async (controller) => {
      pending ??= iterator.next();
      const next = await orSilence(pending, silenceMs);
      if (next === null) return controller.enqueue(heartbeat);
      pending = null;
      if (!next.done) return controller.enqueue(utf8.encode(logFrame(next.value)));
      stop.abort();
      controller.close();
    },
    cancel: async () => {
      stop.abort();
      await iterator.return?.();
    },
  });
}
