import type { RunView } from "@proxbox/contracts/http";
import { type KindName, kindOf } from "@proxbox/netbox/kinds";
import { type CostModel, MEASURED } from "../netbox/cost.ts";
import { buildEstate } from "../proxmox/build-estate.ts";
import { startScene } from "../scene.ts";
import { type Bench, ratio, rounded } from "./figures.ts";
import { estateSize, runToEnd, secondsOf } from "./whole-runs.ts";

/**
 * Whole runs against a NetBox that takes the time a real one was measured to take. The first is compared with an ideal
 * writer: one that knows everything beforehand and has nothing in its way.
 */
export const netboxCostBench: Bench = async (quick) => {
  const guests = quick ? 100 : 300;
  const estate = buildEstate(estateSize(guests));
  await using scene = await startScene({ estate, netbox: { cost: MEASURED }, processes: {} });
  scene.netbox.resetCounts();
  const run = await runToEnd(scene);
  const { reads, writes, refused } = scene.netbox.counts();
  const peak = scene.netbox.peakInFlight();
  const again = await runToEnd(scene);
  const created = createdByPath(run);
  const objects = [...created.values()].reduce((sum, count) => sum + count, 0);
  const ideal = idealSeconds(MEASURED, created);
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
  };
};

function createdByPath(run: RunView): Map<string, number> {
  const created = new Map<string, number>();
  for (const { summary } of run.stages) {
    for (const [kind, counts] of Object.entries(summary?.kinds ?? {})) {
      const { path } = kindOf(kind as KindName);
      created.set(path, (created.get(path) ?? 0) + counts.created);
    }
  }
  return created;
}

const bulk = 50;
const inFlight = 2;

/** The time of a writer that creates these objects in full bulks, two requests at work at every moment, and reads nothing. */
function idealSeconds(model: CostModel, created: ReadonlyMap<string, number>): number {
  const ms = [...created].map(
    ([path, count]) => Math.ceil(count / bulk) * model.write + count * (model.objects[`POST ${path}`] ?? model.object),
  );
  return ms.reduce((sum, one) => sum + one, 0) / inFlight / 1_000;
}
