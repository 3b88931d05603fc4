import { type Bench, ratio, rounded } from "./figures.ts";
import { noProc } from "./process-usage.ts";
import { type Program, type RunFigures, wholeRuns } from "./whole-runs.ts";

/**
 * What our own code costs for each object: whole runs against a NetBox that takes no time. Milliseconds are CPU time of
 * the services, because the simulators run on the same cores; the time that a process takes to warm up is in them.
 */
export const netboxOverheadBench: Bench = async (quick) => {
  const sizes = quick ? [100, 300] : [300, 1_000, 10_000];
  const cases = [];
  for (const guests of sizes) {
    const { first, again } = await wholeRuns(guests);
    cases.push({
      guests,
      objects: first.objects,
      first_run: figuresOf(first),
      no_op_run: { ...figuresOf(again), gets_per_1000_guests: rounded((again.reads * 1_000) / guests) },
    });
  }
  const [small, big] = [await wholeRuns(sizes.at(-2) ?? 0), await wholeRuns(sizes.at(-1) ?? 0)];
  const sizesCompared = `${big.guests}_to_${small.guests}_guests`;
  return {
    cases,
    ...growthOf("first_run", small.first, big.first, sizesCompared),
    ...growthOf("no_op_run", small.again, big.again, sizesCompared),
  };
};

function figuresOf(run: RunFigures) {
  return {
    seconds: rounded(run.seconds),
    objects_per_second: rounded(run.objects / run.seconds),
    ...(run.cpuMs ? { own_cpu_ms_per_object: rounded(ownMs(run.cpuMs) / run.objects), cpu_ms: run.cpuMs } : {}),
    requests: run.reads + run.writes,
    writes: run.writes,
  };
}

/** How the cost of an object grows, and what one more costs where there are many already: without the warming up. */
function growthOf(name: string, small: RunFigures, big: RunFigures, sizes: string) {
  if (!small.cpuMs || !big.cpuMs) return { note: noProc };
  const [few, many] = [ownMs(small.cpuMs), ownMs(big.cpuMs)];
  return {
    [`${name}_ratio_per_object_${sizes}`]: ratio(many / big.objects, few / small.objects),
    [`${name}_own_cpu_ms_per_further_object`]: rounded((many - few) / (big.objects - small.objects)),
  };
}

/** CPU time of the services, without nats-server's. */
function ownMs(cpuMs: Record<Program, number>): number {
  const entries = Object.entries(cpuMs) as [Program, number][];
  return entries.reduce((sum, [program, ms]) => (program === "nats-server" ? sum : sum + ms), 0);
}
