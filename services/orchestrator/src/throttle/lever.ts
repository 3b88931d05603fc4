import { consumerNames, names } from "@proxbox/contracts/streams";
import type { PermitResource } from "@proxbox/contracts/subjects";
import type { Bus } from "@proxbox/runtime/bus";
import type { Metrics } from "@proxbox/runtime/metrics";

/** What the permit consumer says: the limit in force, permits that are out, callers that wait for one. */
export type Seen = { limit: number; inFlight: number; waiting: number };

/** The limit where it takes effect: `max_ack_pending` of the permit consumer, which nats-server obeys at once. */
export type Lever = {
  read(): Promise<Seen>;
  /** Sets the limit soon; of several in a row the last. */
  set(limit: number): void;
  /** Resolves when nothing is being set any more. */
  settled(): Promise<void>;
};

/** Takes hold of the limit of a resource. */
export function createLever(bus: Bus, resource: PermitResource, metrics: Metrics): Lever {
  const name = consumerNames.permitsOf(resource);
  let wanted: number | null = null;
  let setting: Promise<void> | null = null;
  const work = async () => {
    for (let limit = wanted; limit !== null; limit = wanted) {
      wanted = null;
      const change = { max_ack_pending: limit };
      await bus.attempt(`Setting the limit of ${name}`, () => bus.jsm.consumers.update(names.permits, name, change));
      metrics.permitLimit.set({ resource }, limit);
    }
  };
  return {
    read: async () => {
      const info = await bus.attempt(`Reading the limit of ${name}`, () => bus.jsm.consumers.info(names.permits, name));
      // Tickets of processes that died stay for a while: somebody waits only where one is asked for as well.
      const waiting = Math.min(info.num_pending, info.num_waiting);
      return { limit: info.config.max_ack_pending ?? 1, inFlight: info.num_ack_pending, waiting };
    },
    set: (limit) => {
      wanted = limit;
      setting ??= work()
        .catch((error) => bus.log.error({ event: "throttle.failed", limit, err: error }, "The limit was not set."))
        .finally(() => {
          setting = null;
        });
    },
    settled: async () => {
      await setting;
    },
  };
}
