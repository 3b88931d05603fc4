import { runKeys } from "@proxbox/contracts/endpoints";
import { names } from "@proxbox/contracts/streams";
import { filters } from "@proxbox/contracts/subjects";
import { openBucket } from "./buckets.ts";
import type { Bus } from "./bus.ts";
import { toError } from "./errors.ts";
import type { Logger } from "./log.ts";

/** Knows which runs are called off. */
export type Cancellations = AsyncDisposable & {
  /** A signal that is aborted when the run is cancelled, or aborted already; dispose it when the work is over. */
  follow(run: string): Promise<Disposable & { signal: AbortSignal }>;
};

/** Follows the cancel flags of all runs: by the bucket, which is the truth, and by a message that comes at once. */
export function watchCancellations(bus: Bus, log: Logger): Cancellations {
  const bucket = openBucket(bus, names.runs);
  const followers = new Map<string, Set<AbortController>>();
  const stop = new AbortController();
  const cancel = (run: string | undefined) => {
    for (const follower of followers.get(run ?? "") ?? []) follower.abort();
  };
  const subscription = bus.nc.subscribe(filters.cancellations, {
    callback: (_error, message) => cancel(message?.subject?.split(".").at(-1)),
  });
  const watchFlags = async () => {
    for await (const { key, value } of bucket.watch(runKeys.cancelAll, stop.signal)) {
      if (value !== null) cancel(key.split(".").at(-1));
    }
  };
  const watching = watchFlags().catch((thrown) => {
    if (stop.signal.aborted) return;
    log.error({ event: "bus.loop", err: toError(thrown) }, "Cancel flags are only looked up before each item now.");
  });
  return {
    follow: async (run) => {
      const controller = new AbortController();
      const group = followers.get(run) ?? new Set();
      followers.set(run, group.add(controller));
      const unfollow = () => {
        group.delete(controller);
        if (group.size === 0 && followers.get(run) === group) followers.delete(run);
      };
      try {
        // Asked after following began, so that a flag set meanwhile is not missed.
        if (await bucket.get(runKeys.cancel(run))) controller.abort();
      } catch (error) {
        unfollow();
        throw error;
      }
      return { signal: controller.signal, [Symbol.dispose]: unfollow };
    },
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      subscription.unsubscribe();
      await watching;
    },
  };
}
