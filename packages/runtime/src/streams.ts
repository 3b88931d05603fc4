import type { StreamConfig } from "@nats-io/jetstream";
import { nanos } from "@nats-io/nats-core";
import {
  blobStore,
  buckets,
  type ConsumerSpec,
  consumerNames,
  consumers,
  names,
  type StreamSpec,
  streams,
} from "@proxbox/contracts/streams";
import type { Bus } from "./bus.ts";
import { apiCodes, hasApiCode, isJetStreamOff } from "./bus-errors.ts";
import { ensureConsumer } from "./consumers.ts";
import { ConfigError } from "./errors.ts";
import type { BusConfig } from "./settings.ts";

/** What an installation may choose about its streams. Times in seconds; left out: as in the contracts. */
export type StreamChoices = {
  /** Copies of each stream, on a cluster of at least as many servers. */
  replicas?: number;
  /** For items and for stage commands. */
  itemAckWaitSeconds?: number;
  permitAckWaitSeconds?: number;
  orchestratorAckWaitSeconds?: number;
};

/** The choices about streams from the settings of a process. */
export function streamChoices(config: BusConfig): StreamChoices {
  return {
    replicas: config.PROXBOX_STREAM_REPLICAS,
    itemAckWaitSeconds: config.PROXBOX_ITEM_ACK_WAIT_SECONDS,
    permitAckWaitSeconds: config.PROXBOX_PERMIT_ACK_WAIT_SECONDS,
    orchestratorAckWaitSeconds: config.PROXBOX_ORCHESTRATOR_ACK_WAIT_SECONDS,
  };
}

/**
 * Makes every stream, bucket and consumer that is missing and brings the others up to date. Any number of processes may
 * do it at once. Nothing stored is lost by it: limits are never lowered, and the limit of a permit consumer, which
 * belongs to the throttle controller, is left alone.
 * Throws ConfigError when JetStream is off, has no room, or has a stream of the same name with another purpose.
 */
export async function ensureStreams(bus: Bus, choices: StreamChoices = {}): Promise<void> {
  const replicas = choices.replicas ?? 1;
  const wanted = [...streams.map(streamConfig), ...buckets.map(bucketConfig), blobStoreConfig()];
  for (const config of wanted) await ensureStream(bus, { ...config, num_replicas: replicas });
  for (const spec of consumers) await ensureConsumer(bus, spec, ackWaitSeconds(spec, choices));
  bus.log.debug(
    { event: "bus.streams", streams: wanted.length, consumers: consumers.length },
    "The streams are in place.",
  );
}

/**
 * Makes missing streams again after every reconnection, until what it returns is called: the server may be another, or have
 * lost its disk, and it has lost what was in its memory.
 */
export function keepStreams(bus: Bus, choices: StreamChoices): () => void {
  return bus.onReconnect(() => {
    ensureStreams(bus, choices).catch((error) =>
      bus.log.error({ event: "bus.streams", err: error }, "The streams could not be checked after the reconnection."),
    );
  });
}

type WantedStream = Partial<StreamConfig> & { name: string };

function streamConfig(spec: StreamSpec): WantedStream {
  return {
    name: spec.name,
    subjects: [...spec.subjects],
    retention: spec.retention,
    storage: spec.storage ?? "file",
    discard: spec.discard,
    max_age: nanos(spec.maxAgeSeconds * 1_000),
    max_bytes: spec.maxBytes ?? -1,
    max_msgs: spec.maxMessages ?? -1,
    max_msg_size: spec.maxMessageBytes ?? -1,
    duplicate_window: nanos((spec.duplicateWindowSeconds ?? 120) * 1_000),
    allow_direct: spec.allowDirect ?? false,
  };
}

// Buckets and object stores are streams by convention (NATS ADR-8 and ADR-20); made here like all others, so that they
// get the same care.
function bucketConfig(spec: (typeof buckets)[number]): WantedStream {
  return {
    name: `KV_${spec.name}`,
    subjects: [`$KV.${spec.name}.>`],
    retention: "limits",
    storage: "file",
    discard: "new",
    max_age: nanos(spec.ttlSeconds * 1_000),
    max_bytes: spec.maxBytes,
    max_msgs_per_subject: spec.history,
    duplicate_window: nanos(Math.min(spec.ttlSeconds || 120, 120) * 1_000),
    allow_rollup_hdrs: true,
    deny_delete: true,
    allow_direct: true,
  };
}

function blobStoreConfig(): WantedStream {
  return {
    name: `OBJ_${blobStore.name}`,
    subjects: [`$O.${blobStore.name}.C.>`, `$O.${blobStore.name}.M.>`],
    retention: "limits",
    storage: "file",
    discard: "new",
    max_age: nanos(blobStore.ttlSeconds * 1_000),
    max_bytes: blobStore.maxBytes,
    allow_rollup_hdrs: true,
    allow_direct: true,
  };
}

async function ensureStream(bus: Bus, wanted: WantedStream): Promise<void> {
  await bus.attempt(`Making the stream ${wanted.name}`, async () => {
    try {
      const { config: existing } = await bus.jsm.streams.info(wanted.name);
      refuseOtherPurpose(existing, wanted);
      await updateStream(bus, existing, wanted);
    } catch (thrown) {
      if (!hasApiCode(thrown, apiCodes.streamNotFound)) throw notEnabled(thrown) ?? thrown;
      await addStream(bus, wanted);
    }
  });
}

function refuseOtherPurpose(existing: StreamConfig, wanted: WantedStream): void {
  const missing = existing.subjects.filter((subject) => !wanted.subjects?.includes(subject));
  if (existing.retention === wanted.retention && existing.storage === wanted.storage && missing.length === 0) return;
  throw new ConfigError(
    "stream_conflict",
    `The stream ${wanted.name} exists with other contents (${existing.retention}, ${existing.storage}, ` +
      `${existing.subjects.join(" ")}); changing it would lose what it holds.`,
    { next: "Use a nats-server or account of its own for this system, or delete that stream by hand." },
  );
}

const limits = ["max_age", "max_bytes", "max_msgs", "max_msgs_per_subject", "max_msg_size"] as const;

async function updateStream(bus: Bus, existing: StreamConfig, wanted: WantedStream): Promise<void> {
  const next: Record<string, unknown> = { ...wanted };
  for (const limit of limits) next[limit] = wider(existing[limit], wanted[limit]);
  const changed = Object.keys(next).filter((key) => !Bun.deepEquals(existing[key as keyof StreamConfig], next[key]));
  const real = changed.filter((key) => !(limits as readonly string[]).includes(key) || Number(next[key]) > 0);
  if (real.length === 0) return;
  try {
    await bus.jsm.streams.update(wanted.name, next);
  } catch (thrown) {
    // A server with little room keeps the size it could give.
    if (!isFull(thrown)) throw thrown;
  }
}

// 0 and -1 both mean: no limit.
function wider(existing = -1, wanted = -1): number {
  return existing <= 0 || wanted <= 0 ? Math.min(existing, wanted) : Math.max(existing, wanted);
}

function isFull(thrown: unknown): boolean {
  return hasApiCode(thrown, apiCodes.noRoom) || hasApiCode(thrown, apiCodes.noMemory);
}

const smallestStream = 16 * 1024 * 1024;

async function addStream(bus: Bus, wanted: WantedStream): Promise<void> {
  for (let bytes = wanted.max_bytes ?? -1; ; bytes = Math.floor(bytes / 4)) {
    try {
      await bus.jsm.streams.add({ ...wanted, max_bytes: bytes });
      return;
    } catch (thrown) {
      if (!isFull(thrown)) throw notEnabled(thrown) ?? thrown;
      if (bytes / 4 < smallestStream) {
        const next =
          wanted.storage === "memory"
            ? "Give JetStream more memory (max_memory_store)."
            : "Give JetStream more disk (max_file_store), or another store_dir.";
        throw new ConfigError("bus_full", `nats-server has no room for the stream ${wanted.name}.`, {
          cause: thrown,
          next,
        });
      }
    }
  }
}

function notEnabled(thrown: unknown): ConfigError | null {
  if (!isJetStreamOff(thrown)) return null;
  return new ConfigError("jetstream_off", "nats-server answers, but its JetStream is not enabled.", {
    cause: thrown,
    next: "Start nats-server with -js, or enable jetstream for this account.",
  });
}

function ackWaitSeconds(spec: ConsumerSpec, choices: StreamChoices): number {
  const chosen: Partial<Record<string, number | undefined>> = {
    [names.commands]: choices.itemAckWaitSeconds,
    [names.items]: choices.itemAckWaitSeconds,
    [names.permits]: choices.permitAckWaitSeconds,
    [names.events]: choices.orchestratorAckWaitSeconds,
    [names.advisories]: choices.orchestratorAckWaitSeconds,
  };
  return chosen[spec.stream] ?? spec.ackWaitSeconds;
}

/** The present limit of a permit resource: how many of its permits can be out at once. */
export async function permitLimit(bus: Bus, resource: string): Promise<number> {
  const name = consumerNames.permitsOf(resource);
  const info = await bus.attempt(`Reading the limit of ${name}`, () => bus.jsm.consumers.info(names.permits, name));
  return info.config.max_ack_pending ?? 1;
}
