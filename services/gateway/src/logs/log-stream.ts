import { sseBody } from "../http/sse-body.ts";
import type { LogEntry } from "./log-entry.ts";

const utf8 = new TextEncoder();

/**
 * The body of the log stream: what is stored, then what comes, as the plugin's logs page listens for it. `stop` is aborted
 * when the reader goes away, and must end `entries`; it is aborted as well when they have ended.
 */
export function logStream(
  stored: readonly LogEntry[],
  entries: AsyncIterable<LogEntry>,
  stop: AbortController,
  silenceMs?: number,
): ReadableStream<Uint8Array> {
  return sseBody(entries, {
    opening: `: log\n\n${stored.map(frameOf).join("")}`,
    frameOf: (entry) => utf8.encode(frameOf(entry)),
    stop,
    onEnd: () => stop.abort(),
    ...(silenceMs === undefined ? {} : { silenceMs }),
  });
}

function frameOf(entry: LogEntry): string {
  return `event: log\ndata: ${JSON.stringify(entry)}\n\n`;
}
