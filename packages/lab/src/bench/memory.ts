import { type Bench, ratio } from "./figures.ts";
import { noProc } from "./process-usage.ts";
import { type Program, wholeRuns } from "./whole-runs.ts";

/** The most memory each service held over the runs of `growth`, at a small and at a big estate. */
export const memoryBench: Bench = async (quick) => {
  const [few, many] = quick ? [100, 300] : [100, 10_000];
  const small = (await wholeRuns(few)).peakRssMb;
  const big = (await wholeRuns(many)).peakRssMb;
  if (!small || !big) return { note: noProc };
  const programs = Object.keys(small) as Program[];
  return {
    peak_rss_mb: { [`${few}_guests`]: small, [`${many}_guests`]: big },
    [`ratio_${many}_to_${few}_guests`]: Object.fromEntries(
      programs.map((program) => [program, ratio(big[program], small[program])]),
    ),
  };
};
