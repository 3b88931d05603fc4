import type { RunView } from "@proxbox/contracts/http";
import { type KindName, kindOf } from "@proxbox/netbox/kinds";
import { type CostModel, MEASURED } from "../netbox/cost.ts";
import { buildEstate } from "../proxmox/build-estate.ts";
import { startScene } from "../scene.ts";
import { type Bench, type Figures, ratio, rounded } from "./figures.ts";
import { changeSome, estateSize, runToEnd, secondsOf } from "./whole-runs.ts";

/**
 * Whole runs against a NetBox that takes the time a real one was measured to take. The first is compared with an ideal
 * writer: one that knows everything beforehand and has nothing in its way.
 */
export const netboxCostBench: Bench = async (quick) => {
  const cases: Figures[] = [];
  for (const guests of quick ? [100] : [300, 1_000]) cases.push(await measure(guests));
  return { cases };
};

async function measure(guests: number): Promise<Figures> {
  const estate = buildEstate(estateSize(guests));
  await using scene = await startScene({ estate, netbox: { cost: MEASURED }, processes: {} });
  scene.netbox.resetCounts();
  const run = await runToEnd(scene);
  const { reads, writes, refused } = scene.netbox.counts();
  const peak = scene.netbox.peakInFlight();
  const again = await runToEnd(scene);
  changeSome(estate);
  const few = await runToEnd(scene);
  const written = writtenBy(run);
  const objects = written.reduce((sum, { count }) => sum + count, 0);
  const ideal = idealSeconds(MEASURED, written);
  return {
    guests,
    objects,
    first_run_seconds: rounded(secondsOf(run)),
    objects_per_second: rounded(objects / secondsOf(run)),
    reads,
    writes,
    refused,
    peak_in_flight: peak,
    ideal_seconds: rounded(ideal),
    ratio_first_run_to_ideal: ratio(secondsOf(run), ideal),
    no_op_run_seconds: rounded(secondsOf(again)),
    five_percent_run_seconds: rounded(secondsOf(few)),
  };
}

/** So many objects written in one way, e.g. `POST ipam/ip-addresses`. */
type Written = { method: "POST" | "PATCH"; path: string; count: number };

/** What a first run wrote: the objects it made, and what NetBox lets a writer set only afterwards, such as primary addresses. */
function writtenBy(run: RunView): Written[] {
  return run.stages.flatMap(({ summary }) =>
    Object.entries(summary?.kinds ?? {}).flatMap(([kind, { created, updated }]): Written[] => {
      const { path } = kindOf(kind as KindName);
      return [
        { method: "POST", path, count: created },
        { method: "PATCH", path, count: updated },
      ];
    }),
  );
}

const bulk = 50;
const inFlight = 2;

/**
 * The time of a writer that creates these objects in full bulks, two requests at work at every moment, and reads nothing.
 * What NetBox writes under one lock goes beside the rest, and takes at least as long as it does alone.
 */
function idealSeconds(model: CostModel, written: readonly Written[]): number {
  const costs = written.map(({ method, path, count }) => ({
    serial: model.serial.includes(path),
    ms: Math.ceil(count / bulk) * model.write + count * (model.objects[`${method} ${path}`] ?? model.object),
  }));
  const sum = (chosen: typeof costs) => chosen.reduce((total, { ms }) => total + ms, 0);
  return Math.max(sum(costs) / inFlight, sum(costs.filter(({ serial }) => serial))) / 1_000;
}
