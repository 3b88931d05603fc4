import { createInbox, type Msg, nanos } from "@nats-io/nats-core";
import type { Bus } from "./bus.ts";
import { type HeldMessage, holdMessage } from "./held-message.ts";
import { sleep } from "./retry.ts";

/** A shared durable consumer, by name. */
export type ConsumerName = { stream: string; consumer: string };

const requestExpired = 408;

/**
 * Asks a consumer for one message. (The client's own ways to ask either leave a message in the air when they are
 * stopped, where it keeps its permit or counts as a failed delivery, or cannot be stopped.) Returns null when none came
 * within `expiresMs`, the server did not answer, or the signal was aborted. No message gets lost on its way: one that
 * the server sent before it heard that nobody asks any more is still returned. Never throws: the caller's loop simply
 * asks again.
 */
export async function takeNext(
  bus: Bus,
  { stream, consumer }: ConsumerName,
  expiresMs: number,
  signal: AbortSignal,
): Promise<HeldMessage | null> {
  if (signal.aborted) return null;
  const { promise, resolve } = Promise.withResolvers<HeldMessage | "nothing" | "refused">();
  const cleanup = new DisposableStack();
  try {
    const inbox = createInbox(bus.inboxPrefix);
    const answer = (message: Msg) => {
      const code = message.headers?.code ?? 0;
      if (code === 0) resolve(holdMessage(bus.nc, message));
      else resolve(code === requestExpired ? "nothing" : "refused");
    };
    const subscription = bus.nc.subscribe(inbox, {
      callback: (error, message) => (error ? resolve("refused") : answer(message)),
    });
    cleanup.defer(() => bus.nc.isClosed() || subscription.unsubscribe());
    const quit = () => {
      const drained = bus.connected() ? subscription.drain() : Promise.resolve();
      void Promise.allSettled([Promise.race([drained, Bun.sleep(1_000)])]).then(() => resolve("nothing"));
    };
    const timer = setTimeout(quit, expiresMs + 1_000);
    cleanup.defer(() => clearTimeout(timer));
    signal.addEventListener("abort", quit, { once: true });
    cleanup.defer(() => signal.removeEventListener("abort", quit));
    // A server that was restarted has forgotten the request.
    cleanup.defer(bus.onReconnect(() => resolve("nothing")));
    const request = JSON.stringify({ batch: 1, expires: nanos(expiresMs) });
    bus.nc.publish(`$JS.API.CONSUMER.MSG.NEXT.${stream}.${consumer}`, request, { reply: inbox });
    const taken = await promise;
    if (typeof taken === "object") return taken;
    if (taken === "refused") await sleep(200, signal);
  } catch {
    await sleep(200, signal).catch(() => {});
  } finally {
    cleanup.dispose();
  }
  return null;
}
