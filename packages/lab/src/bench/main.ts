import { parseArgs } from "node:util";
import { busBench } from "./bus.ts";
import type { Bench } from "./figures.ts";
import { growthBench } from "./growth.ts";
import { memoryBench } from "./memory.ts";
import { netboxCostBench } from "./netbox-cost.ts";
import { peerBench } from "./peer.ts";
import { pluginStreamsBench } from "./plugin-streams.ts";
import { sseLatencyBench } from "./sse-latency.ts";

// `npm run bench`: one line of JSON for each benchmark. `--only NAME` runs one, `--quick` takes small sizes; `--peer` runs
// the one that needs Python and the package index.
const benches: Record<string, Bench> = {
  bus: busBench,
  growth: growthBench,
  memory: memoryBench,
  "sse-latency": sseLatencyBench,
  "plugin-streams": pluginStreamsBench,
  "netbox-cost": netboxCostBench,
};

const { values } = parseArgs({
  options: {
    only: { type: "string" },
    quick: { type: "boolean", default: false },
    peer: { type: "boolean", default: false },
  },
});
const chosen = values.peer
  ? [["peer", peerBench] as const]
  : Object.entries(benches).filter(([name]) => values.only === undefined || values.only === name);
if (chosen.length === 0) {
  console.error(`There is no benchmark "${values.only}"; there are: ${Object.keys(benches).join(", ")}.`);
  process.exitCode = 1;
}
for (const [bench, run] of chosen) {
  const began = performance.now();
  try {
    const figures = await run(values.quick);
    const seconds = Math.round((performance.now() - began) / 100) / 10;
    console.log(JSON.stringify({ bench, quick: values.quick, ...figures, bench_seconds: seconds }));
  } catch (error) {
    // The others still have something to say.
    console.error(`The benchmark ${bench} failed: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  }
}
