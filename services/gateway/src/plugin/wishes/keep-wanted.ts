import { runKeys } from "@proxbox/contracts/endpoints";
import type { Bucket } from "@proxbox/runtime/buckets";
import type { Logger } from "@proxbox/runtime/log";
import { sleep } from "@proxbox/runtime/retry";

/** Says that runs are wanted, again and again, as long as somebody here wants them. Disposing it ends that. */
export type Keeping = AsyncDisposable & {
  /** Says once that a run is wanted. False: it is not to be had any more, it is over or was given up. */
  tell(run: string): Promise<boolean>;
  /** Counts one who wants the run, until that is disposed. */
  begin(run: string): Disposable & { run: string };
};

/** How often it is said that a run is wanted, unless the grace is shorter than three times that. */
const tellEveryMs = 10_000;

/** How long the last words may take when the gateway stops. */
const lastWordsMs = 3_000;

type Kept = { wanting: number; stop: AbortController };

/** Keeps runs wanted in their bucket; one that is not goes on for `graceMs`. */
export function keepWanted(bucket: Pick<Bucket, "get" | "update">, graceMs: number, log: Logger): Keeping {
  const kept = new Map<string, Kept>();
  const speaking = new Set<Promise<void>>();
  const everyMs = Math.min(tellEveryMs, graceMs / 3);

  const tell = async (run: string): Promise<boolean> => {
    const key = runKeys.wanted(run);
    const entry = await bucket.get(key);
    if (!entry) return false;
    if ((await bucket.update(key, entry.value, entry.revision)) !== null) return true;
    // Another one has just said it, or the run was given up at this moment.
    return (await bucket.get(key)) !== null;
  };

  const keepTelling = async (run: string, signal: AbortSignal): Promise<void> => {
    while (!signal.aborted) {
      await sleep(everyMs, signal).catch(() => {});
      // Also when nobody is left: the grace counts from here.
      try {
        if (!(await tell(run))) return;
      } catch (error) {
        log.warn({ event: "run.unwanted", run, err: error }, "It could not be said that the run is wanted.");
      }
    }
  };

  const enter = (run: string): Kept => {
    const entry = { wanting: 0, stop: new AbortController() };
    kept.set(run, entry);
    const words = keepTelling(run, entry.stop.signal).finally(() => speaking.delete(words));
    speaking.add(words);
    return entry;
  };

  const leave = (run: string, entry: Kept): void => {
    entry.wanting -= 1;
    if (entry.wanting > 0) return;
    if (kept.get(run) === entry) kept.delete(run);
    entry.stop.abort();
  };

  return {
    tell,
    begin: (run) => {
      const entry = kept.get(run) ?? enter(run);
      entry.wanting += 1;
      let here = true;
      return {
        run,
        [Symbol.dispose]: () => {
          if (here) leave(run, entry);
          here = false;
        },
      };
    },
    [Symbol.asyncDispose]: async () => {
      for (const { stop } of kept.values()) stop.abort();
      await Promise.race([Promise.all(speaking), Bun.sleep(lastWordsMs)]);
    },
  };
}
