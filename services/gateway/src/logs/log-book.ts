import { decode } from "@proxbox/contracts/envelope";
import { LogLine } from "@proxbox/contracts/log-line";
import { keptLogBytes, keptLogLines, names } from "@proxbox/contracts/streams";
import { filters } from "@proxbox/contracts/subjects";
import type { Bus } from "@proxbox/runtime/bus";
import { ProxboxError } from "@proxbox/runtime/errors";
import { readEvents, type StoredMessage, streamState } from "@proxbox/runtime/reader";
import { sleep } from "@proxbox/runtime/retry";
import { unavailable } from "../errors.ts";
import { createNews } from "../news.ts";
import { type LogEntry, logEntry } from "./log-entry.ts";

/** The log lines of all services, as this gateway has read them. Nothing is read before somebody asks. */
export type LogBook = AsyncDisposable & {
  /** Every line that is stored now, oldest first. Waits for a bus that does not answer. */
  stored(): Promise<readonly LogEntry[]>;
  /** Every line after one, as it comes, until the signal is aborted. Who is too slow misses what is no longer stored. */
  follow(after: number, signal: AbortSignal): AsyncIterable<LogEntry>;
};

type Kept = { seq: number; bytes: number; entry: LogEntry };

/** Opens the log book of a gateway. Disposing it ends every following. */
export function createLogBook(bus: Bus): LogBook {
  const closing = new AbortController();
  let reading: Promise<void> | null = null;
  /** The life of the stream that was read: ids of different lives do not compare. */
  let epoch = "";
  let kept: Kept[] = [];
  let bytes = 0;
  let last = 0;
  const news = createNews();

  const keep = ({ seq, data }: StoredMessage) => {
    last = seq;
    const entry = readEntry(seq, data);
    if (entry) kept.push({ seq, bytes: data.byteLength, entry });
    if (entry) bytes += data.byteLength;
    while (kept.length > keptLogLines || bytes > keptLogBytes) bytes -= kept.shift()?.bytes ?? 0;
    news.tell();
  };

  const readOn = async (signal: AbortSignal) => {
    const state = await streamState(bus, names.logs, signal);
    ({ epoch } = state);
    kept = [];
    bytes = 0;
    last = 0;
    news.tell();
    for await (const message of readEvents(bus, { stream: names.logs, filter: filters.logs, signal })) {
      // Made anew while it was read.
      if (message.seq <= last) return;
      keep(message);
    }
  };
  const keepReading = async (signal: AbortSignal) => {
    while (!signal.aborted) {
      // After a restart of nats-server the stream is away until the first service has made it again. Debug, because what is
      // logged from here on would come back here.
      await readOn(signal).catch((error) =>
        bus.log.debug({ event: "bus.loop", stream: names.logs, err: error }, "The log could not be read; again."),
      );
      await sleep(500, signal).catch(() => {});
    }
  };

  return {
    stored: async () => {
      reading ??= keepReading(closing.signal);
      const now = await streamState(bus, names.logs, closing.signal).catch((error) => {
        if (error instanceof ProxboxError && error.code === "bus_refused") {
          throw unavailable("The log is being made anew after a restart of nats-server; try again.", error);
        }
        throw error;
      });
      const isEmpty = now.firstSeq > now.lastSeq;
      while (!closing.signal.aborted && (epoch !== now.epoch || !(isEmpty || last >= now.lastSeq))) {
        await news.next(closing.signal);
      }
      return kept.map(({ entry }) => entry);
    },
    follow: async function* (after, caller) {
      reading ??= keepReading(closing.signal);
      const signal = AbortSignal.any([caller, closing.signal]);
      let place = { epoch, seq: after };
      while (!signal.aborted) {
        if (place.epoch !== epoch) place = { epoch, seq: 0 };
        const fresh = kept.slice(kept.findLastIndex(({ seq }) => seq <= place.seq) + 1);
        for (const { seq, entry } of fresh) {
          if (signal.aborted) return;
          place.seq = seq;
          yield entry;
        }
        if (fresh.length === 0) await news.next(signal);
      }
    },
    [Symbol.asyncDispose]: async () => {
      closing.abort();
      await reading;
    },
  };
}

// A line of another version is left out, not a reason to show none.
function readEntry(seq: number, data: Uint8Array): LogEntry | null {
  try {
    return logEntry(seq, decode(LogLine, data));
  } catch {
    return null;
  }
}
