import { runKeys } from "@proxbox/contracts/endpoints";
import { isOver, type RunState } from "@proxbox/contracts/runs";
import type { Bucket } from "@proxbox/runtime/buckets";
import type { Bus } from "@proxbox/runtime/bus";
import type { Publisher } from "../publisher.ts";
import { allowAgain } from "./cancel.ts";
import { readRun } from "./history.ts";
import type { RunIndex } from "./run-index.ts";

type Tools = { bus: Bus; runs: Bucket; index: RunIndex; publisher: Publisher };

/**
 * Starts the oldest queued run when no run is at work: two would write the same NetBox. Any number of orchestrators
 * may call it at any time; what a crash left half-done is done by the next call.
 */
export async function startNext(tools: Tools): Promise<void> {
  for (;;) {
    const slot = await tools.runs.get(runKeys.active);
    const active = slot && (await readRun(tools.bus, slot.value));
    if (active && !isOver(active.run)) {
      if (active.run.phase === "queued") await begin(tools, active.run);
      return;
    }
    const next = await oldestQueued(tools);
    if (!next) return;
    // Whether it was taken or another was quicker: the next round sees who has it.
    if (slot) await tools.runs.update(runKeys.active, next, slot.revision);
    else await tools.runs.create(runKeys.active, next);
  }
}

async function begin({ bus, runs, publisher }: Tools, run: RunState): Promise<void> {
  if (run.generation > 0) await allowAgain(runs, run.id);
  if (!(await publisher.runFact(run.id, run.generation, "running"))) return;
  bus.log.info({ event: "run.started", run: run.id, generation: run.generation }, "The run starts.");
}

async function oldestQueued({ bus, index }: Tools): Promise<string | null> {
  const queued = (await index.list()).filter((entry) => entry.phase === "queued");
  queued.sort((left, right) => left.createdAt.localeCompare(right.createdAt) || left.id.localeCompare(right.id));
  for (const { id } of queued) {
    const history = await readRun(bus, id);
    if (history?.run.phase === "queued") return id;
    // The index was behind.
    await (history ? index.put(history) : index.remove(id));
  }
  return null;
}
