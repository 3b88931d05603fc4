import type { Consumer, JsMsg } from "@nats-io/jetstream";
import type { Bus } from "./bus.ts";
import { sleep } from "./retry.ts";

/**
 * Asks a consumer for one message; null when none came within `expiresMs`, the server did not answer, or the signal was
 * aborted. The request ends with the call, so that no message is ever sent to somebody who has stopped asking; and with
 * the connection, because a server that was restarted has forgotten it. Never throws: the caller's loop simply asks again.
 */
export async function takeNext(
  bus: Bus,
  consumer: Consumer,
  expiresMs: number,
  signal: AbortSignal,
): Promise<JsMsg | null> {
  if (signal.aborted) return null;
  let stop = () => {};
  const off = bus.onReconnect(() => stop());
  try {
    const messages = await consumer.fetch({ max_messages: 1, expires: expiresMs });
    stop = () => messages.stop();
    signal.addEventListener("abort", stop, { once: true });
    for await (const message of messages) return message;
  } catch {
    // A server that is away refuses at once.
    await sleep(100, signal).catch(() => {});
  } finally {
    off();
    signal.removeEventListener("abort", stop);
    stop();
  }
  return null;
}
