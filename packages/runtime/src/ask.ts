import { createInbox, headers, type Msg } from "@nats-io/nats-core";
import { decode } from "@proxbox/contracts/envelope";
import { WireError } from "@proxbox/contracts/errors";
import { askHeaders } from "./ask-headers.ts";
import type { Bus } from "./bus.ts";
import { busError } from "./bus-errors.ts";
import { startDeadline } from "./deadline.ts";
import { CancelledError, ProxboxError } from "./errors.ts";

/** `signal` ends the wait; `timeoutMs` is the time for the whole answer, which whoever answers is told. */
export type AskOptions = { signal: AbortSignal; timeoutMs: number };

const noResponders = 503;

/**
 * Asks one of those who listen on a subject (see `answerAsks`) and returns its whole answer, of any size. The question
 * itself must fit into one message of the server (1 MB by default). Nothing is stored, and nothing is asked twice.
 *
 * Throws ProxboxError: `ask_unheard` when nobody listens, `ask_timeout` when the time is over, `ask_incomplete` when a
 * part of the answer was lost on its way (another try may help with these three), the failure of whoever answered with
 * its own code, `bus_refused` for a question that is too long; and CancelledError once the signal is aborted.
 */
export async function ask(
  bus: Bus,
  subject: string,
  question: Uint8Array,
  { signal, timeoutMs }: AskOptions,
): Promise<Uint8Array> {
  if (signal.aborted) throw stopped(signal);
  const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
  const pieces: Uint8Array[] = [];
  const take = (message: Msg) => {
    if (message.headers?.code === noResponders) return reject(unheard(subject));
    const number = Number(message.headers?.get(askHeaders.piece));
    if (number !== pieces.length) return reject(incomplete(subject));
    pieces.push(message.data);
    message.respond();
    const end = message.headers?.get(askHeaders.end);
    if (end === "answer") resolve(Buffer.concat(pieces));
    if (end === "failure") reject(failureOf(Buffer.concat(pieces)));
  };

  using cleanup = new DisposableStack();
  const deadline = cleanup.use(startDeadline(timeoutMs));
  const late = () => reject(tooLate(subject, timeoutMs));
  deadline.signal.addEventListener("abort", late, { once: true });
  const stop = () => reject(stopped(signal));
  signal.addEventListener("abort", stop, { once: true });
  cleanup.defer(() => signal.removeEventListener("abort", stop));
  // Pieces that were under way are lost; nobody would send them again.
  cleanup.defer(bus.onReconnect(() => reject(incomplete(subject))));
  try {
    const inbox = createInbox(bus.inboxPrefix);
    const subscription = bus.nc.subscribe(inbox, {
      callback: (error, message) => (error ? reject(busError(error, `Asking ${subject}`)) : take(message)),
    });
    cleanup.defer(() => bus.nc.isClosed() || subscription.unsubscribe());
    const fields = headers();
    fields.set(askHeaders.within, String(Math.round(timeoutMs)));
    bus.nc.publish(subject, question, { reply: inbox, headers: fields });
  } catch (thrown) {
    reject(busError(thrown, `Asking ${subject}`));
  }
  return await promise;
}

function failureOf(data: Uint8Array): ProxboxError {
  const { code, message, cause, ...details } = decode(WireError, data);
  return new ProxboxError(code, message, { ...details, ...(cause ? { cause: new Error(cause) } : {}) });
}

function unheard(subject: string): ProxboxError {
  return new ProxboxError("ask_unheard", `No process of ${listenerOf(subject)} is there to answer.`, {
    retryable: true,
    next: `Start ${listenerOf(subject)}, or wait until it has started, and try again.`,
  });
}

function tooLate(subject: string, timeoutMs: number): ProxboxError {
  const sentence = `${listenerOf(subject)} did not answer within ${Math.round(timeoutMs / 100) / 10} s.`;
  return new ProxboxError("ask_timeout", sentence, {
    retryable: true,
    next: `Look into the log of ${listenerOf(subject)} for what it waits for, or try again.`,
  });
}

function incomplete(subject: string): ProxboxError {
  return new ProxboxError("ask_incomplete", `A part of the answer of ${listenerOf(subject)} was lost on its way.`, {
    retryable: true,
    next: "Try again; if it goes on, look into the log of nats-server for slow consumers and lost connections.",
  });
}

function stopped(signal: AbortSignal): CancelledError {
  return new CancelledError("Nobody waits for the answer any more.", signal.reason);
}

function listenerOf(subject: string): string {
  return subject.split(".").at(-1) ?? subject;
}
