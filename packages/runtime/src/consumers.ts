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

async function updateConsumer(bus: Bus, { stream_name, config }: ConsumerInfo, wanted: WantedConsumer): Promise<void> {
  const { durable_name, filter_subject, ack_wait, max_deliver } = wanted;
  const max_ack_pending = stream_name === names.permits ? config.max_ack_pending : wanted.max_ack_pending;
  const next = { filter_subject, ack_wait, max_deliver, max_ack_pending } as Required<ConsumerUpdate>;
  const changed = Object.entries(next).some(([name, value]) => config[name as keyof ConsumerUpdate] !== value);
  if (changed) await bus.jsm.consumers.update(stream_name, durable_name, next);
}

type ConsumerUpdate = Pick<ConsumerConfig, "filter_subject" | "ack_wait" | "max_deliver" | "max_ack_pending">;
