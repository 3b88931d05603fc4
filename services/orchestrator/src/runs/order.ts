import { decide } from "@proxbox/contracts/decide";
import { isOver } from "@proxbox/contracts/runs";
import { parseEventSubject } from "@proxbox/contracts/subjects";
import type { Bucket } from "@proxbox/runtime/buckets";
import type { Bus } from "@proxbox/runtime/bus";
import type { Metrics } from "@proxbox/runtime/metrics";
import type { Publisher } from "../publisher.ts";
import { allowAgain, callOff } from "./cancel.ts";
import { readRun } from "./history.ts";
import { perform } from "./perform.ts";
import { startNext } from "./queue.ts";
import { openRunIndex, outdated } from "./run-index.ts";
import { createWantedSweep } from "./wanted.ts";

/** Keeps runs in order. Both may be called at any time, by any number of orchestrators, and repeat harmlessly. */
export type Order = {
  /** Does what follows from a fact that was stored about a run or one of its stages. */
  heard(subject: string): Promise<void>;
  /** Does what a crash has left undone, ends runs that nobody wants any more, and forgets those that are long over. */
  sweep(): Promise<void>;
};

/** Creates the order over the runs of a bus. */
export function createOrder(tools: { bus: Bus; runs: Bucket; publisher: Publisher; metrics: Metrics }): Order {
  const { bus, runs } = tools;
  const index = openRunIndex(runs);
  const starting = { ...tools, index };
  const sweepWanted = createWantedSweep(starting);

  const react = async (id: string): Promise<void> => {
    const history = await readRun(bus, id);
    if (!history) return;
    const { run } = history;
    await index.put(history);
    if (run.phase === "cancelling") await callOff(bus, runs, id);
    for (const action of decide(run)) {
      if (action.action === "start") await startNext(starting);
      else await perform(tools, run, action);
    }
    if (isOver(run)) await startNext(starting);
  };

  return {
    heard: async (subject) => {
      const address = parseEventSubject(subject);
      if (address) await react(address.run);
    },
    sweep: async () => {
      const entries = await index.list();
      for (const { id, phase } of entries) if (phase === "running" || phase === "cancelling") await react(id);
      await startNext(starting);
      await sweepWanted();
      for (const { id } of outdated(entries, Date.now())) {
        await allowAgain(runs, id);
        await index.remove(id);
      }
    },
  };
}
