import type { Consumer, JsMsg } from "@nats-io/jetstream";
import { sleep } from "./retry.ts";

/** How long to ask for a message, when to stop asking, and what becomes of one that comes after that. */
export type TakeOptions = { expiresMs: number; signal: AbortSignal; late: (message: JsMsg) => void };

/**
 * Asks a consumer for one message; null when there was none, the server did not answer, or the signal was aborted.
 * Never throws: the caller's loop simply asks again.
 */
export async function takeNext(consumer: Consumer, { expiresMs, signal, late }: TakeOptions): Promise<JsMsg | null> {
  if (signal.aborted) return null;
  const asking = consumer.next({ expires: expiresMs }).catch(async () => {
    // A server that is away refuses at once.
    await sleep(100, signal).catch(() => {});
    return null;
  });
  const { promise: stopped, resolve } = Promise.withResolvers<"stopped">();
  const stop = () => resolve("stopped");
  signal.addEventListener("abort", stop, { once: true });
  try {
    const taken = await Promise.race([asking, stopped]);
    if (taken !== "stopped") return taken;
    void asking.then((message) => message && late(message));
    return null;
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
