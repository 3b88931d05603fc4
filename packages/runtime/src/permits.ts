import { consumerNames, names } from "@proxbox/contracts/streams";
import { type PermitResource, permitSubject } from "@proxbox/contracts/subjects";
import type { Bus } from "./bus.ts";
import { startDeadline } from "./deadline.ts";
import { CancelledError } from "./errors.ts";
import type { Logger } from "./log.ts";
import type { Metrics } from "./metrics.ts";
import { type ConsumerName, takeNext } from "./take.ts";

/**
 * The right to have a request in flight. The limit is the consumer's `max_ack_pending`: it holds across all processes,
 * and it changes while they run.
 */
export type Permits = {
  /**
   * Waits for a permit, works under it and returns it. The signal given to `work` is aborted before the permit can be
   * handed to another; work that does not obey it breaks the limit.
   * Throws what `work` throws, or CancelledError when `signal` is aborted while waiting.
   */
  with<T>(
    resource: PermitResource,
    signal: AbortSignal,
    work: (signal: AbortSignal, waitedMs: number) => Promise<T>,
  ): Promise<T>;
};

/** `requestTimeoutMs`: how long work under a permit may last at most; default 20 s. */
export type PermitOptions = { requestTimeoutMs?: number; log: Logger; metrics: Metrics };

const ticketLifeMs = 60_000;

/** Creates the permits of a process. The consumers must have been made by `ensureStreams`. */
export function createPermits(bus: Bus, options: PermitOptions): Permits {
  const { requestTimeoutMs = 20_000, log, metrics } = options;
  const queues = new Map<PermitResource, Promise<PermitQueue>>();
  const queueOf = (resource: PermitResource) => {
    const queue = queues.get(resource) ?? openQueue(bus, resource);
    queues.set(resource, queue);
    queue.catch(() => queues.delete(resource));
    return queue;
  };
  return {
    with: async (resource, signal, work) => {
      const started = Date.now();
      const queue = await queueOf(resource);
      const { permit, asked } = await acquire(bus, resource, queue, signal);
      const waitedMs = Date.now() - started;
      metrics.permitWaitSeconds.observe({ resource }, waitedMs / 1_000);
      const left = Math.min(requestTimeoutMs, asked + queue.ackWaitMs - queue.marginMs - Date.now());
      using deadline = startDeadline(left);
      try {
        return await work(AbortSignal.any([signal, deadline.signal]), waitedMs);
      } finally {
        permit.ack();
        if (Date.now() > asked + queue.ackWaitMs) {
          const sentence = "A request outlived its permit; for a moment more requests than allowed may have run.";
          log.warn({ event: "permit.lost", resource, ms: Date.now() - asked }, sentence);
        }
      }
    },
  };
}

type PermitQueue = ConsumerName & { ackWaitMs: number; marginMs: number; expiresMs: number };

async function openQueue(bus: Bus, resource: PermitResource): Promise<PermitQueue> {
  const name = { stream: names.permits, consumer: consumerNames.permitsOf(resource) };
  const { config } = await bus.attempt(`Opening the permits of ${resource}`, () =>
    bus.jsm.consumers.info(name.stream, name.consumer),
  );
  const ackWaitMs = (config.ack_wait ?? 30e9) / 1e6;
  return {
    ...name,
    ackWaitMs,
    marginMs: Math.min(2_000, ackWaitMs / 10),
    expiresMs: Math.max(1_000, Math.min(5_000, ackWaitMs / 4)),
  };
}

/** The permit and when it was asked for: it cannot have been delivered, nor its time have begun, before that. */
async function acquire(bus: Bus, resource: PermitResource, queue: PermitQueue, signal: AbortSignal) {
  let ticketAt = Number.NEGATIVE_INFINITY;
  while (!signal.aborted) {
    // Tickets are anonymous, and a lost one (a full stream, a lost disk) must not leave its owner waiting for ever.
    if (Date.now() - ticketAt > ticketLifeMs) {
      await bus.publish(permitSubject(resource), new Uint8Array(), signal);
      ticketAt = Date.now();
    }
    const asked = Date.now();
    const permit = await takeNext(bus, queue, queue.expiresMs, signal);
    if (permit && !signal.aborted) return { permit, asked };
    permit?.ack();
  }
  throw new CancelledError(`The wait for a permit of ${resource} was stopped.`, signal.reason);
}
