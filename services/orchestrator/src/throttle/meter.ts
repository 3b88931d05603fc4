import type { ThrottleSample, ThrottleView } from "@proxbox/contracts/messages";

type Readings = Pick<
  ThrottleView,
  "requestsPerSecond" | "objectsPerSecond" | "refusedPerSecond" | "refused" | "latency" | "batches"
>;

/** What is seen of the requests to NetBox, for people to look at. Instants are milliseconds of one clock. */
export type Meter = { add(sample: ThrottleSample, at: number): void; read(at: number): Readings };

const spanMs = 5_000;

/** Creates a meter over the last five seconds. Only `refused` counts from the beginning, and `base` is the best median. */
export function createMeter(): Meter {
  let recent: { at: number; sample: ThrottleSample }[] = [];
  let refused = 0;
  let base = 0;
  const batches: Record<string, number> = {};
  return {
    add: (sample, at) => {
      recent.push({ at, sample });
      if (sample.overload) refused += 1;
      if (sample.batch > 0) batches[sample.kind] = sample.batch;
    },
    read: (at) => {
      recent = recent.filter((entry) => entry.at > at - spanMs);
      const samples = recent.map((entry) => entry.sample);
      const answered = samples.filter((sample) => !sample.overload);
      const times = answered.map((sample) => sample.ms).sort((left, right) => left - right);
      const p50 = quantile(times, 0.5);
      // It rises slowly, so that a NetBox that has become slower for good is not measured by its past for ever.
      if (times.length > 0) base = base === 0 ? p50 : Math.min(p50, base * 1.01);
      const perSecond = (count: number) => round(count / (spanMs / 1_000));
      return {
        requestsPerSecond: perSecond(samples.length),
        objectsPerSecond: perSecond(answered.reduce((sum, sample) => sum + sample.objects, 0)),
        refusedPerSecond: perSecond(samples.length - answered.length),
        refused,
        latency: { p50, p90: quantile(times, 0.9), base: round(base) },
        batches: { ...batches },
      };
    },
  };
}

function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
