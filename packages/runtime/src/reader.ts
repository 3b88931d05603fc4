import type { Consumer, ConsumerMessages, JsMsg } from "@nats-io/jetstream";
import type { MsgHdrs } from "@nats-io/nats-core";
import { names } from "@proxbox/contracts/streams";
import type { Bus } from "./bus.ts";
import { busError } from "./bus-errors.ts";
import { sleep } from "./retry.ts";

/** A message as it is stored in a stream. */
export type StoredMessage = {
  subject: string;
  /** Its place in the stream. */
  seq: number;
  data: Uint8Array;
  time: Date;
  headers: MsgHdrs | undefined;
};

/** What to read: subjects by one filter, from a place on; `stream` is PBX_EVT when left out. */
export type Reading = {
  filter: string;
  startSeq?: number;
  stream?: string;
  /** Begin with the last message of each subject only. */
  lastPerSubject?: boolean;
  /** How many messages may be in hand that were not read yet; 200 when left out. Few are for many slow readers. */
  window?: number;
};

/**
 * Reads messages in stream order and goes on with new ones until the signal is aborted. Every message comes exactly
 * once, also across restarts of the server. Throws ProxboxError when the server refuses the reading.
 */
export function readEvents(bus: Bus, reading: Reading & { signal: AbortSignal }): AsyncIterable<StoredMessage> {
  return follow(bus, reading, reading.signal, false);
}

/** Reads the messages that are stored now, in stream order, and ends. Otherwise like `readEvents`. */
export function readStored(bus: Bus, reading: Reading & { signal?: AbortSignal }): AsyncIterable<StoredMessage> {
  return follow(bus, reading, reading.signal, true);
}

/** The last message stored on a subject; null when there is none. Asks the stream's leader, so "none" is true. */
export async function readLast(
  bus: Bus,
  subject: string,
  stream: string = names.events,
): Promise<StoredMessage | null> {
  const found = await bus.attempt(`Reading ${subject}`, () =>
    bus.jsm.streams.getMessage(stream, { last_by_subj: subject }),
  );
  return found && { subject: found.subject, seq: found.seq, data: found.data, time: found.time, headers: found.header };
}

/** The ends of a stream and which life of it this is: sequence numbers of different epochs do not compare. */
export type StreamState = { firstSeq: number; lastSeq: number; epoch: string };

/** Asks for the state of a stream, PBX_EVT when left out; `signal` ends the wait for a server that does not answer. */
export async function streamState(bus: Bus, stream: string = names.events, signal?: AbortSignal): Promise<StreamState> {
  const doing = `Reading the state of ${stream}`;
  const { state, created } = await bus.attempt(doing, () => bus.jsm.streams.info(stream), signal);
  const epoch = new Bun.CryptoHasher("sha256").update(`${stream} ${created}`).digest("hex").slice(0, 8);
  return { firstSeq: state.first_seq, lastSeq: state.last_seq, epoch };
}

async function* follow(
  bus: Bus,
  reading: Reading,
  caller: AbortSignal | undefined,
  onlyStored: boolean,
): AsyncGenerator<StoredMessage, void> {
  const stream = reading.stream ?? names.events;
  const signal = caller ? AbortSignal.any([caller, bus.closing]) : bus.closing;
  const begin = await stateUnless(bus, stream, signal);
  // The last message of a subject may be newer than our beginning; what it replaced is not to be had any more.
  const isBounded = onlyStored && !reading.lastPerSubject;
  const end = isBounded ? (begin?.lastSeq ?? 0) : Number.POSITIVE_INFINITY;
  let next = reading.startSeq ?? 1;
  for (let first = true; begin && !signal.aborted; first = false) {
    if (!first) next = resumeAt(begin, (await stateUnless(bus, stream, signal)) ?? begin, next);
    if (next > end || signal.aborted) return;
    await using source = await openSource(bus, reading, stream, first ? null : next, signal);
    if (!source) continue;
    if (onlyStored && source.pending === 0) return;
    try {
      for await (const message of source.messages) {
        if (message.seq > end) return;
        next = message.seq + 1;
        yield stored(message);
        if (signal.aborted || (onlyStored && message.info.pending === 0)) return;
      }
    } catch (thrown) {
      await pause(thrown, `Reading ${reading.filter}`, signal);
    }
  }
}

function stored({ subject, seq, data, time, headers }: JsMsg): StoredMessage {
  return { subject, seq, data, time, headers };
}

// Somebody who has stopped reading gets an end, not an error.
async function stateUnless(bus: Bus, stream: string, signal: AbortSignal): Promise<StreamState | null> {
  try {
    return await streamState(bus, stream, signal);
  } catch (thrown) {
    if (signal.aborted) return null;
    throw thrown;
  }
}

// A server that lost its newest messages, or its whole stream, counts again from there.
function resumeAt(begin: StreamState, now: StreamState, next: number): number {
  if (now.epoch === begin.epoch) return Math.min(next, now.lastSeq + 1);
  begin.epoch = now.epoch;
  return 1;
}

type Source = AsyncDisposable & { messages: ConsumerMessages; pending: number };

/**
 * An ordered consumer that ends with the connection: the client's own resumption after a reconnect was measured to
 * stall for 1.5 times `expires` (client 3.4.0, servers 2.9.10 and 2.15.1), making a new one takes under a second.
 */
async function openSource(
  bus: Bus,
  reading: Reading,
  stream: string,
  resumeSeq: number | null,
  signal: AbortSignal,
): Promise<Source | null> {
  const ended = new AbortController();
  const end = () => ended.abort();
  const off = bus.onReconnect(end);
  signal.addEventListener("abort", end, { once: true });
  const release = () => {
    off();
    signal.removeEventListener("abort", end);
  };
  let consumer: Consumer | undefined;
  try {
    consumer = await bus.js.consumers.get(stream, {
      filter_subjects: reading.filter,
      inactive_threshold: 60_000,
      ...startOf(reading, resumeSeq),
    });
    const info = await consumer.info(true);
    const messages = await consumer.consume({ max_messages: reading.window ?? 200, expires: 5_000 });
    const stop = () => messages.stop();
    if (ended.signal.aborted) stop();
    ended.signal.addEventListener("abort", stop, { once: true });
    return {
      messages,
      pending: info.num_pending,
      [Symbol.asyncDispose]: async () => {
        release();
        messages.stop();
        forget(consumer);
      },
    };
  } catch (thrown) {
    release();
    forget(consumer);
    await pause(thrown, `Reading ${reading.filter}`, signal);
    return null;
  }
}

function startOf(reading: Reading, resumeSeq: number | null) {
  if (resumeSeq !== null) return { opt_start_seq: resumeSeq };
  if (reading.lastPerSubject) return { deliver_policy: "last_per_subject" as const };
  return reading.startSeq ? { opt_start_seq: reading.startSeq } : {};
}

// The server forgets a consumer by itself after `inactive_threshold`; being quicker is only tidiness.
function forget(consumer: Consumer | undefined): void {
  consumer?.delete().catch(() => {});
}

async function pause(thrown: unknown, doing: string, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const error = busError(thrown, doing);
  if (!error.retryable) throw error;
  await sleep(200, signal).catch(() => {});
}
