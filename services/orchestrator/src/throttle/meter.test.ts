import { expect, test } from "bun:test";
import type { ThrottleSample } from "@proxbox/contracts/messages";
import { createMeter } from "./meter.ts";

const sample = (more: Partial<ThrottleSample> = {}): ThrottleSample => ({
  status: 200,
  overload: false,
  ms: 100,
  waitedMs: 0,
  objects: 50,
  write: true,
  kind: "device",
  batch: 50,
  replica: "one",
  ...more,
});

test("rates and latencies are of the last five seconds, refusals of all time", () => {
  const meter = createMeter();
  meter.add(sample({ ms: 9_000 }), 0);
  for (let at = 10_000; at < 15_000; at += 500) meter.add(sample({ ms: at === 10_000 ? 900 : 100 }), at);
  meter.add(sample({ overload: true, status: 503, ms: 1, objects: 0, batch: 0 }), 14_900);
  meter.add(sample({ kind: "cluster", batch: 25 }), 14_950);
  expect(meter.read(14_999)).toEqual({
    requestsPerSecond: 2.4,
    objectsPerSecond: 110,
    refusedPerSecond: 0.2,
    refused: 1,
    latency: { p50: 100, p90: 100, base: 100 },
    batches: { device: 50, cluster: 25 },
  });
  expect(meter.read(60_000)).toMatchObject({
    requestsPerSecond: 0,
    refused: 1,
    latency: { p50: 0, p90: 0, base: 100 },
  });
});

test("the base falls at once and rises slowly", () => {
  const meter = createMeter();
  const baseAfter = (ms: number, at: number) => {
    meter.add(sample({ ms }), at);
    return meter.read(at).latency.base;
  };
  expect(baseAfter(100, 0)).toBe(100);
  expect(baseAfter(50, 10_000)).toBe(50);
  expect(baseAfter(500, 20_000)).toBe(50.5);
});
