import type { Bus } from "./bus.ts";
import type { HeldMessage } from "./held-message.ts";
import type { Logger } from "./log.ts";
import { takeNext } from "./take.ts";

/** A message in hand. `last`: when it is not settled now, nobody gets it again. */
export type Delivery = { subject: string; data: Uint8Array; seq: number; deliveries: number; last: boolean };

/** What becomes of a message: done, never to come again, or to come again after a while. */
export type Verdict = "ack" | "term" | { againInMs: number };

/** Where messages come from and how many are handled at once. */
export type DeliveryOptions = {
  stream: string;
  consumer: string;
  concurrency: number;
  /** Aborted: take no more; what is in hand is finished. */
  signal: AbortSignal;
  log: Logger;
  handle: (delivery: Delivery) => Promise<Verdict>;
};

/**
 * Takes messages of a shared consumer one by one, each held as long as it is handled, until the signal is aborted and
 * the last one in hand is settled. A handler that throws gives its message back after a second.
 */
export async function handleDeliveries(bus: Bus, options: DeliveryOptions): Promise<void> {
  const { stream, consumer, concurrency } = options;
  const opening = `Opening the consumer ${consumer}`;
  const { config } = await bus.attempt(opening, () => bus.jsm.consumers.info(stream, consumer), options.signal);
  const limits = { ackWaitMs: (config.ack_wait ?? 30e9) / 1e6, maxDeliver: config.max_deliver ?? -1 };
  await Promise.all(Array.from({ length: concurrency }, () => takeInTurn(bus, limits, options)));
}

type Limits = { ackWaitMs: number; maxDeliver: number };

async function takeInTurn(bus: Bus, limits: Limits, options: DeliveryOptions): Promise<void> {
  while (!options.signal.aborted) {
    const message = await takeNext(bus, options, 5_000, options.signal);
    if (message) await handleOne(message, limits, options);
  }
}

async function handleOne(
  message: HeldMessage,
  { ackWaitMs, maxDeliver }: Limits,
  options: DeliveryOptions,
): Promise<void> {
  const { handle, log } = options;
  const { subject, data, seq, deliveries } = message;
  const heartbeat = setInterval(() => message.working(), ackWaitMs / 3);
  const last = maxDeliver > 0 && deliveries >= maxDeliver;
  let verdict: Verdict = { againInMs: 1_000 };
  try {
    verdict = await handle({ subject, data, seq, deliveries, last });
  } catch (error) {
    log.error({ event: "bus.loop", subject, deliveries, err: error }, "A message could not be handled.");
  } finally {
    clearInterval(heartbeat);
  }
  try {
    // Waiting for the server's word costs little and spares nearly every needless redelivery; a lost one is harmless.
    if (verdict === "ack") await message.ackAck();
    else if (verdict === "term") message.term();
    else message.nak(verdict.againInMs);
  } catch (error) {
    log.debug({ event: "bus.loop", subject, err: error }, "A message was not acknowledged and will come again.");
  }
}
