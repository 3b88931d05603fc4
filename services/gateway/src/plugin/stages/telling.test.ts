import { expect, test } from "bun:test";
import type { RunStreamEvent } from "../../runs/run-events.ts";
import type { PluginFrame } from "../frames/frame.ts";
import type { FrameMaker } from "../frames/stage-frames.ts";
import { createTellings } from "./telling.ts";

const events: RunStreamEvent[] = Array.from({ length: 50 }, (_, index) => ({
  ...{ seq: 10 + 3 * index, id: `e-${index}`, name: "item.result", data: "{}", over: null },
}));

async function* history() {
  yield* events;
}

/** Makers whose frames depend on everything they were told before, and how many events they were told together. */
function countingMakers() {
  const made = { told: 0, makers: 0 };
  const maker = (): FrameMaker => {
    made.makers += 1;
    let taken = 0;
    let isBroken = false;
    const frame = (): PluginFrame[] => [{ event: "step", data: { taken, isBroken } }];
    return {
      begin: frame,
      silence: frame,
      of: () => {
        made.told += 1;
        taken += 1;
        return frame();
      },
      broken: () => {
        isBroken = true;
        return frame();
      },
    };
  };
  return { made, story: { key: "run-1 devices", maker, history } };
}

const wanted = events.map((_, index): PluginFrame[] => [
  { event: "step", data: { taken: index + 1, isBroken: false } },
]);

test("readers side by side get the same frames, which were made once", async () => {
  const { made, story } = countingMakers();
  const tellings = createTellings();
  const readers = Array.from({ length: 20 }, () => tellings.begin(story));
  const read = readers.map((): PluginFrame[][] => []);
  for (const [place, event] of events.entries()) {
    // Now this one is the first, now that one.
    const turn = readers.map((_, index) => (index + place) % readers.length);
    for (const index of turn) read[index]?.push((await readers[index]?.of(event)) ?? []);
  }
  expect(read).toEqual(readers.map(() => wanted));
  expect(read.every((frames) => frames[7] === read[0]?.[7])).toBe(true);
  expect(made.told).toBe(events.length);
});

test("who falls behind what is remembered, or comes late, misses nothing and holds up nobody", async () => {
  const { story } = countingMakers();
  const tellings = createTellings(5);
  const [quick, slow] = [tellings.begin(story), tellings.begin(story)];
  const seen: PluginFrame[][] = [];
  for (const event of events.slice(0, 3)) seen.push(await slow.of(event));
  for (const event of events.slice(0, 40)) await quick.of(event);
  for (const event of events.slice(3, 20)) seen.push(await slow.of(event));
  const late = tellings.begin(story);
  const ofLate: PluginFrame[][] = [];
  for (const event of events) ofLate.push(await late.of(event));
  for (const event of events.slice(20)) seen.push(await slow.of(event));
  const rest: PluginFrame[][] = [];
  for (const event of events.slice(40)) rest.push(await quick.of(event));
  expect([seen, ofLate, rest]).toEqual([wanted, wanted, wanted.slice(40)]);
});

test("one whose events break off takes nobody with it", async () => {
  const { story } = countingMakers();
  const tellings = createTellings();
  const [one, other] = [tellings.begin(story), tellings.begin(story)];
  const [first, second] = events as [RunStreamEvent, RunStreamEvent];
  await one.of(first);
  await other.of(first);
  expect(one.broken(new Error("gone"))[0]?.data).toMatchObject({ isBroken: true });
  expect(await other.of(second)).toEqual(wanted[1] ?? []);
});

test("a run that nobody reads any more is forgotten", async () => {
  const { made, story } = countingMakers();
  const tellings = createTellings();
  for (const _ of ["first", "second"]) {
    using reader = tellings.begin(story);
    for (const event of events) await reader.of(event);
  }
  expect(made.told).toBe(2 * events.length);
});
