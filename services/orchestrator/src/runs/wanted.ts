import { runKeys } from "@proxbox/contracts/endpoints";
import { decode } from "@proxbox/contracts/envelope";
import type { RunIndexEntry } from "@proxbox/contracts/run-index";
import { isOver } from "@proxbox/contracts/runs";
import { WishedRun } from "@proxbox/contracts/wishes";
import type { Bucket } from "@proxbox/runtime/buckets";
import type { Bus } from "@proxbox/runtime/bus";
import type { Publisher } from "../publisher.ts";
import { readRun } from "./history.ts";
import type { RunIndex } from "./run-index.ts";
import { newWatch, unwanted, type WantedEntry, watchAfter } from "./wanted-watch.ts";

/** The newest run of a job is known for so long after its end; the next stage of a job is asked for within a minute. */
const jobLifeMs = 5 * 60_000;

/**
 * Creates what ends the runs that nobody wants any more, and forgets what was wished of runs that are over. To be called every
 * few seconds; any number of orchestrators may, each by its own clock.
 */
export function createWantedSweep(tools: {
  bus: Bus;
  runs: Bucket;
  index: Pick<RunIndex, "list">;
  publisher: Publisher;
}): () => Promise<void> {
  const { bus, runs, index, publisher } = tools;
  let watch = newWatch;

  const giveUp = async ({ run: id, key, revision, graceMs }: WantedEntry & { graceMs: number }): Promise<void> => {
    // Taken away first: who comes back at this moment has renewed it, or sees that this run is not to be had any more.
    if (!(await runs.delete(key, revision))) return;
    const run = (await readRun(bus, id))?.run;
    if (!run || isOver(run)) return;
    const seconds = Math.ceil(graceMs / 1_000);
    const reason = `Called off, because nobody has read its events for ${seconds} seconds. Ask for it again to go on.`;
    if (!(await publisher.runFact(id, run.generation, "cancelling", { reason }))) return;
    bus.log.info({ event: "run.unwanted", run: id, graceMs }, reason);
  };

  return async () => {
    // In this order, because a run is wanted before it is wished for, and wished for before it is created: so one that is
    // on its way is seen somewhere.
    const wishes = await runs.list(runKeys.wishAll);
    const jobs = await runs.list(runKeys.jobAll);
    const wanted = (await runs.list(runKeys.wantedAll)).map((entry) => ({ ...entry, run: runOf(entry.key) }));
    const known = new Map((await index.list()).map((entry) => [entry.id, entry]));
    const now = Date.now();

    watch = watchAfter(watch, wanted, now);
    for (const entry of unwanted(watch, wanted)) await giveUp(entry);
    for (const { run, key, revision } of wanted) {
      if (endOf(known.get(run)) !== null) await runs.delete(key, revision);
    }
    const isComing = (run: string) => !known.has(run) && wanted.some((entry) => entry.run === run);
    for (const { key, value, revision } of [...wishes, ...jobs]) {
      const run = wishedRun(value);
      const end = endOf(run === null ? undefined : known.get(run));
      const life = key.startsWith(runKeys.job("")) ? jobLifeMs : 0;
      const isStale = end === null ? run === null || !(known.has(run) || isComing(run)) : now - end >= life;
      if (isStale) await runs.delete(key, revision);
    }
  };
}

function runOf(key: string): string {
  return key.slice(runKeys.wanted("").length);
}

/** When a run ended, in milliseconds since 1970; null: it is not known or not over. */
function endOf(entry: RunIndexEntry | undefined): number | null {
  return entry?.endedAt ? Date.parse(entry.endedAt) : null;
}

function wishedRun(value: string): string | null {
  try {
    return decode(WishedRun, value).run;
  } catch {
    return null;
  }
}
