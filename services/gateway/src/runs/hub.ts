import { filters } from "@proxbox/contracts/subjects";
import type { Bus } from "@proxbox/runtime/bus";
import { ProxboxError } from "@proxbox/runtime/errors";
import { readEvents, readStored, streamState } from "@proxbox/runtime/reader";
import { createNews, type News } from "../news.ts";
import { type RunStreamEvent, runStreamEvent } from "./run-events.ts";

/** What a client of a run's events wants. */
export type Following = {
  /** The first sequence of interest. */
  seq: number;
  /** Whether the run was over when the client came. */
  over: boolean;
  /** Go on waiting when the run is over. */
  forEver: boolean;
  signal: AbortSignal;
};

/**
 * The events of runs, for any number of clients: one reader for each run that somebody follows, and a short memory that
 * its clients share. A client that falls behind it reads from the stream again, so a slow one costs nobody anything.
 */
export type Hub = AsyncDisposable & {
  /** The events of a run in order, each once. Ends when the run is over (unless for ever) or the signal is aborted. */
  follow(run: string, following: Following): AsyncIterable<RunStreamEvent>;
  /** How many runs are being read. */
  feeds(): number;
};

/** How much of a run is remembered for its clients. */
export type HubLimits = { events: number; bytes: number };

/** Messages in hand of one client that catches up: many clients may, each slowly, and a message may be 256 kB. */
const catchUpWindow = 16;

const defaultLimits: HubLimits = { events: 1_000, bytes: 4 * 1024 * 1024 };

/** One run that is being read: every event of it from sequence `from` on is in `recent`. */
type Feed = {
  epoch: string;
  from: number;
  recent: RunStreamEvent[];
  bytes: number;
  failure: unknown;
  news: News;
  stop: AbortController;
};

type Shared = { feed: Promise<Feed>; clients: number };

/** Creates the hub of a gateway. Disposing it ends every client's iteration. */
export function createHub(bus: Bus, limits: HubLimits = defaultLimits): Hub {
  const feeds = new Map<string, Shared>();
  const closing = new AbortController();

  const enter = (run: string): Shared => {
    const shared = feeds.get(run) ?? { feed: openFeed(bus, run, limits), clients: 0 };
    shared.clients += 1;
    feeds.set(run, shared);
    return shared;
  };

  const leave = async (run: string, shared: Shared) => {
    shared.clients -= 1;
    if (shared.clients > 0) return;
    if (feeds.get(run) === shared) feeds.delete(run);
    await shared.feed.then(
      (feed) => feed.stop.abort(),
      () => {},
    );
  };

  return {
    feeds: () => feeds.size,
    follow: async function* (run, following) {
      const signal = AbortSignal.any([following.signal, closing.signal]);
      const shared = enter(run);
      try {
        yield* eventsOf(bus, run, await shared.feed, { ...following, signal });
      } finally {
        await leave(run, shared);
      }
    },
    [Symbol.asyncDispose]: async () => closing.abort(),
  };
}

async function* eventsOf(bus: Bus, run: string, feed: Feed, following: Following): AsyncGenerator<RunStreamEvent> {
  const { signal, forEver } = following;
  let { seq, over } = following;
  while (!signal.aborted) {
    if (feed.failure) throw feed.failure;
    if (seq < feed.from) {
      // What is stored now reaches at least to where the feed begins.
      const reached = feed.from;
      const reading = { filter: filters.allOf(run), startSeq: seq, window: catchUpWindow, signal };
      for await (const message of readStored(bus, reading)) {
        const event = runStreamEvent(message, feed.epoch);
        seq = message.seq + 1;
        if (event) {
          over = event.over ?? over;
          yield event;
        }
        if (seq >= feed.from) break;
      }
      if (!signal.aborted) seq = Math.max(seq, reached);
      continue;
    }
    const event = feed.recent[indexFrom(feed.recent, seq)];
    if (event) {
      seq = event.seq + 1;
      over = event.over ?? over;
      yield event;
      continue;
    }
    if (over && !forEver) return;
    await feed.news.next(signal);
  }
}

async function openFeed(bus: Bus, run: string, limits: HubLimits): Promise<Feed> {
  const { lastSeq, epoch } = await streamState(bus);
  const feed: Feed = {
    epoch,
    from: lastSeq + 1,
    recent: [],
    bytes: 0,
    failure: null,
    news: createNews(),
    stop: new AbortController(),
  };
  void keepReading(bus, run, feed, limits);
  return feed;
}

async function keepReading(bus: Bus, run: string, feed: Feed, limits: HubLimits): Promise<void> {
  let next = feed.from;
  try {
    const reading = { filter: filters.allOf(run), startSeq: next, signal: feed.stop.signal };
    for await (const message of readEvents(bus, reading)) {
      if (message.seq < next)
        throw new ProxboxError("stream_reset", "The event stream was made anew while it was read.");
      next = message.seq + 1;
      const event = runStreamEvent(message, feed.epoch);
      if (event) remember(feed, event, limits);
    }
  } catch (error) {
    feed.failure = error;
    feed.news.tell();
  }
}

function remember(feed: Feed, event: RunStreamEvent, limits: HubLimits): void {
  feed.recent.push(event);
  feed.bytes += event.data.length;
  while (feed.recent.length > limits.events || feed.bytes > limits.bytes) {
    const oldest = feed.recent.shift();
    if (!oldest) break;
    feed.bytes -= oldest.data.length;
    feed.from = oldest.seq + 1;
  }
  feed.news.tell();
}

// `recent` is ordered by sequence: the index of the first event that is not older.
function indexFrom(recent: readonly RunStreamEvent[], seq: number): number {
  let low = 0;
  let high = recent.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((recent[middle]?.seq ?? 0) < seq) low = middle + 1;
    else high = middle;
  }
  return low;
}
