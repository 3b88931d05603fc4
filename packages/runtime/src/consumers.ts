import { AckPolicy, type ConsumerConfig, type ConsumerInfo } from "@nats-io/jetstream";
import { nanos } from "@nats-io/nats-core";
import { type ConsumerSpec, names } from "@proxbox/contracts/streams";
import type { Bus } from "./bus.ts";
import { apiCodes, hasApiCode } from "./bus-errors.ts";

type WantedConsumer = Partial<ConsumerConfig> & { durable_name: string };

/** Makes a shared durable consumer, or brings it up to date; the limit of a permit consumer is left alone. */
export async function ensureConsumer(bus: Bus, spec: ConsumerSpec, ackWaitSeconds: number): Promise<void> {
  const wanted = {
    durable_name: spec.name,
    filter_subject: spec.filter,
    ack_policy: AckPolicy.Explicit,
    ack_wait: nanos(ackWaitSeconds * 1_000),
    max_ack_pending: spec.maxAckPending,
    max_deliver: spec.maxDeliver,
    ...(spec.maxWaiting ? { max_waiting: spec.maxWaiting } : {}),
  } satisfies WantedConsumer;
  await bus.attempt(`Making the consumer ${spec.name}`, async () => {
    const existing = await consumerInfo(bus, spec);
    if (existing) {
      await updateConsumer(bus, existing, wanted);
      return;
    }
    try {
      await bus.jsm.consumers.add(spec.stream, wanted);
    } catch (thrown) {
      // Another process made it meanwhile.
      if (!hasApiCode(thrown, apiCodes.consumerExists)) throw thrown;
    }
  });
}

async function consumerInfo(bus: Bus, spec: ConsumerSpec): Promise<ConsumerInfo | null> {
  try {
    return await bus.jsm.consumers.info(spec.stream, spec.name);
  } catch (thrown) {
    if (hasApiCode(thrown, apiCodes.consumerNotFound)) return null;
    throw thrown;
  }
}

async function updateConsumer(bus: Bus, { stream_name, config }: ConsumerInfo, wanted: WantedConsumer) {
  const maxAckPending = stream_name === names.permits ? config.max_ack_pending : wanted.max_ack_pending;
  const next = {
    ack_wait: wanted.ack_wait as number,
    max_ack_pending: maxAckPending as number,
    max_deliver: wanted.max_deliver as number,
  };
  if (config.ack_wait === next.ack_wait && config.max_ack_pending === next.max_ack_pending) {
    if (config.max_deliver === next.max_deliver) return;
  }
  await bus.jsm.consumers.update(stream_name, wanted.durable_name, next);
}
