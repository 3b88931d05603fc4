import { type Bench, ratio, rounded } from "./figures.ts";
import { noProc } from "./process-usage.ts";
import { type Program, type RunFigures, type WholeRuns, wholeRuns } from "./whole-runs.ts";

/**
 * What a run asks for and costs for each thousand guests, at three sizes, so that the growth can be seen: whole runs
 * against a NetBox that takes no time. CPU is that of the services, because the simulators run on the same cores; the
 * time that a process takes to warm up is in it.
 */
export const growthBench: Bench = async (quick) => {
  const sizes = quick ? [100, 300] : [100, 1_000, 10_000];
  const cases: WholeRuns[] = [];
  for (const guests of sizes) cases.push(await wholeRuns(guests));
  const [small, big] = cases.slice(-2) as [WholeRuns, WholeRuns];
  const compared = `${big.guests}_to_${small.guests}_guests`;
  return {
    cases: cases.map(({ guests, first, again, few }) => ({
      guests,
      objects: first.objects,
      first_run: figuresOf(first, guests),
      no_op_run: figuresOf(again, guests),
      five_percent_run: figuresOf(few, guests),
    })),
    ...growthOf("first_run", small.first, big.first, compared),
    ...growthOf("no_op_run", small.again, big.again, compared),
  };
};

function figuresOf(run: RunFigures, guests: number) {
  const perThousand = (value: number) => rounded((value * 1_000) / guests);
  return {
    seconds: rounded(run.seconds),
    objects_written: run.objectsWritten,
    for_1000_guests: {
      seconds: perThousand(run.seconds),
      proxmox_requests: perThousand(run.proxmoxRequests),
      netbox_gets: perThousand(run.reads),
      netbox_writes: perThousand(run.writes),
    },
    ...(run.cpuMs ? { own_cpu_ms_per_object: rounded(ownMs(run.cpuMs) / run.objects), cpu_ms: run.cpuMs } : {}),
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
