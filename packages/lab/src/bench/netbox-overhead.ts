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
  const growth = `ratio_per_object_${big.guests}_to_${small.guests}_guests`;
  return {
    cases,
    [`first_run_${growth}`]: ratio(cpuPerObject(big.first), cpuPerObject(small.first)),
    [`no_op_run_${growth}`]: ratio(cpuPerObject(big.again), cpuPerObject(small.again)),
    first_run_cpu_ms_per_further_object: further(small.first, big.first),
    no_op_run_cpu_ms_per_further_object: further(small.again, big.again),
    ...(big.first.cpuMs ? {} : { note: noProc }),
  };
};

function figuresOf(run: RunFigures) {
  return {
    seconds: rounded(run.seconds),
    objects_per_second: rounded(run.objects / run.seconds),
    own_cpu_ms_per_object: cpuPerObject(run),
    cpu_ms: run.cpuMs,
    requests: run.reads + run.writes,
    writes: run.writes,
  };
}

function cpuPerObject(run: RunFigures): number {
  return rounded(ownCpuMs(run) / run.objects);
}

/** What one more object costs where there are many already: without the warming up. */
function further(small: RunFigures, big: RunFigures): number {
  return rounded((ownCpuMs(big) - ownCpuMs(small)) / (big.objects - small.objects));
}

function ownCpuMs({ cpuMs }: RunFigures): number {
  const entries = Object.entries(cpuMs ?? {}) as [Program, number][];
  return entries.reduce((sum, [program, ms]) => (program === "nats-server" ? sum : sum + ms), 0);
}
