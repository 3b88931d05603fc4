import { runKeys } from "@proxbox/contracts/endpoints";
import { decode } from "@proxbox/contracts/envelope";
import type { RunRequest } from "@proxbox/contracts/messages";
import { isOver, type RunState } from "@proxbox/contracts/runs";
import { type WantedRun, WishedRun } from "@proxbox/contracts/wishes";
import type { Bucket } from "@proxbox/runtime/buckets";
import type { Logger } from "@proxbox/runtime/log";
import { RequestError } from "../../errors.ts";
import { newRunId } from "../../runs/run-order.ts";
import type { RunStore } from "../../runs/run-store.ts";
import { keepWanted } from "./keep-wanted.ts";
import { isNextOf, jobOf, wishOf } from "./wish.ts";

/** Somebody's interest in a run; disposing it ends that interest. When nobody is interested any more, the grace begins. */
export type Attendance = Disposable & {
  run: string;
  /** False: the run was going already. */
  isNew: boolean;
};

/** Runs that last as long as somebody wants them. Disposing it lets every interest go that this gateway keeps. */
export type Wishes = AsyncDisposable & {
  /**
   * Asks for a run, or attaches to the one that is going for the same wish. Of any number of requests at any number of
   * gateways one makes the run. Throws RequestError 503 when the bus does not answer; asking again is harmless.
   */
  attend(request: RunRequest): Promise<Attendance>;
};

type WishBucket = Pick<Bucket, "get" | "create" | "update" | "put" | "delete">;

/** Opens the wishes that all gateways share; a run goes on for `graceMs` when nobody wants it. */
export function openWishes(tools: {
  bucket: WishBucket;
  runs: Pick<RunStore, "create" | "read">;
  graceMs: number;
  log: Logger;
}): Wishes {
  const { bucket, runs, graceMs, log } = tools;
  const keeping = keepWanted(bucket, graceMs, log);
  const wanted = JSON.stringify({ graceMs } satisfies WantedRun);

  const find = async (run: string): Promise<RunState | null> => {
    try {
      return (await runs.read(run)).state;
    } catch (error) {
      if (error instanceof RequestError && error.answer === 404) return null;
      throw error;
    }
  };

  /** A run of our own for a request: of the job that the newest run of its kind belongs to, or the first one of a job. */
  const newRun = async (request: RunRequest): Promise<WishedRun> => {
    const run = newRunId();
    const key = jobOf(request);
    if (key === null) return { run };
    const entered = await bucket.get(runKeys.job(key));
    const newest = entered && readWished(entered.value);
    const before = newest && (await find(newest.run));
    return { run, job: (before && isNextOf(before, request, Date.now()) && newest?.job) || run };
  };

  const enterJob = async (request: RunRequest, mine: WishedRun): Promise<void> => {
    const key = jobOf(request);
    if (key !== null) await bucket.put(runKeys.job(key), JSON.stringify(mine));
  };

  /** Whether the run that is entered for a wish can be had. */
  const canAttach = async ({ run, job }: WishedRun, request: RunRequest): Promise<boolean> => {
    // Told first, so that the run cannot be given up while we look at it; what is not wanted any more has been given up.
    if (!(await keeping.tell(run))) return false;
    // Who entered the run may not have come to creating it; doing it twice is doing it once.
    const state = await runs.create(run, withJob(request, job));
    return !isOver(state) && state.phase !== "cancelling";
  };

  return {
    attend: async (request) => {
      const key = runKeys.wish(wishOf(request));
      for (;;) {
        const entered = await bucket.get(key);
        const going = entered && readWished(entered.value);
        if (going && (await canAttach(going, request))) return { ...keeping.begin(going.run), isNew: false };
        const mine = await newRun(request);
        await bucket.put(runKeys.wanted(mine.run), wanted);
        const value = JSON.stringify(mine);
        const revision = await (entered ? bucket.update(key, value, entered.revision) : bucket.create(key, value));
        if (revision === null) {
          // Another one was quicker: the next round attaches to its run.
          await bucket.delete(runKeys.wanted(mine.run));
          continue;
        }
        await enterJob(request, mine);
        await runs.create(mine.run, withJob(request, mine.job));
        return { ...keeping.begin(mine.run), isNew: true };
      }
    },
    [Symbol.asyncDispose]: () => keeping[Symbol.asyncDispose](),
  };
}

// What another release has entered is as good as nothing.
function readWished(value: string): WishedRun | null {
  try {
    return decode(WishedRun, value);
  } catch {
    return null;
  }
}

function withJob(request: RunRequest, job: string | undefined): RunRequest {
  return job === undefined ? request : { ...request, options: { ...request.options, job } };
}
