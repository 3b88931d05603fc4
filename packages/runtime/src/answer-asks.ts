import { headers, type Msg } from "@nats-io/nats-core";
import { encode } from "@proxbox/contracts/envelope";
import { WireError } from "@proxbox/contracts/errors";
import { askHeaders } from "./ask-headers.ts";
import type { Bus } from "./bus.ts";
import { startDeadline } from "./deadline.ts";
import { toWireError } from "./errors.ts";

/** Where questions come in, and what answers them. */
export type AnswerOptions = {
  subject: string;
  /** Listeners of one queue share the questions: each goes to one of them. */
  queue: string;
  /** Ends the listening; what was taken before is still answered. */
  signal: AbortSignal;
  /**
   * Makes the answer. The one who asked waits for `withinMs` from now on; then `signal` is aborted. What is thrown is
   * told to the one who asked.
   */
  handle: (question: Uint8Array, signal: AbortSignal, withinMs: number) => Promise<Uint8Array>;
};

const defaultTimeoutMs = 10_000;
/** How long one part of an answer may take to be taken. */
const pieceTimeoutMs = 5_000;
/** Below the 1 MB that nats-server takes by default, and small enough to let other messages through between two. */
const largestPiece = 512 * 1_024;
const headerRoom = 1_024;

/**
 * Answers the questions of `ask`, side by side. An answer goes in parts, the next when the one before was taken: a slow
 * reader is never flooded, and an answer that nobody waits for any more ends at once. Resolves when the signal is aborted (or
 * the bus closed) and every question taken before is answered. Rejects when it may not listen there.
 */
export async function answerAsks(bus: Bus, { subject, queue, signal, handle }: AnswerOptions): Promise<void> {
  const atWork = new Set<Promise<void>>();
  const subscription = bus.nc.subscribe(subject, { queue });
  const stop = () => {
    if (bus.nc.isClosed()) return;
    // Without a server there is nobody to hand over to.
    if (bus.connected()) subscription.drain().catch(() => subscription.unsubscribe());
    else subscription.unsubscribe();
  };
  signal.addEventListener("abort", stop, { once: true });
  if (signal.aborted) stop();
  try {
    for await (const message of subscription) {
      const answering = answer(bus, message, handle).finally(() => atWork.delete(answering));
      atWork.add(answering);
    }
  } finally {
    signal.removeEventListener("abort", stop);
    await Promise.all(atWork);
  }
}

async function answer(bus: Bus, message: Msg, handle: AnswerOptions["handle"]): Promise<void> {
  if (!message.reply) return;
  const withinMs = Number(message.headers?.get(askHeaders.within)) || defaultTimeoutMs;
  using deadline = startDeadline(withinMs);
  try {
    await send(bus, message.reply, "answer", await handle(message.data, deadline.signal, withinMs));
  } catch (thrown) {
    const failure = encode(WireError, toWireError(thrown));
    await send(bus, message.reply, "failure", failure);
  }
}

/** Sends the parts of an answer, each when the one before was taken. Never rejects: nobody waits for what is lost. */
async function send(bus: Bus, inbox: string, end: "answer" | "failure", data: Uint8Array): Promise<void> {
  const size = Math.min(largestPiece, (bus.nc.info?.max_payload ?? largestPiece) - headerRoom);
  const count = Math.max(1, Math.ceil(data.byteLength / size));
  try {
    for (let piece = 0; piece < count; piece += 1) {
      const fields = headers();
      fields.set(askHeaders.piece, String(piece));
      if (piece === count - 1) fields.set(askHeaders.end, end);
      const part = data.subarray(piece * size, (piece + 1) * size);
      await bus.nc.request(inbox, part, { headers: fields, timeout: pieceTimeoutMs });
    }
  } catch (error) {
    bus.log.debug({ event: "ask.dropped", bytes: data.byteLength, err: error }, "Nobody took the answer.");
  }
}
