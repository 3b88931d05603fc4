import { describe, expect, test } from "bun:test";
import { resultSubject, runEventSubject, stageEventSubject } from "@proxbox/contracts/subjects";
import { beginningAfter, runStreamEvent, socketFrame, sseFrame } from "./run-events.ts";

const stream = { firstSeq: 10, lastSeq: 20, epoch: "e1" };

describe("where to go on", () => {
  test.each([
    ["no id: from the start", null, 1, null],
    ["an id of this stream", "e1-15", 16, null],
    ["the newest id", "e1-20", 21, null],
    ["just before the first that is stored", "e1-9", 10, null],
    ["forgotten meanwhile", "e1-8", 10, "gap"],
    ["another life of the stream", "e0-15", 1, "reset"],
    ["an id from the future", "e1-21", 1, "reset"],
    ["nonsense", "banana", 1, "reset"],
  ])("%s", (_, id, seq, notice) => {
    const begin = beginningAfter(id, stream);
    expect([begin.seq, begin.notice?.name ?? null]).toEqual([seq, notice]);
  });
});

test("a run whose beginning is forgotten begins with a gap", () => {
  expect(beginningAfter(null, stream, false)).toMatchObject({ seq: 1, notice: { name: "gap" } });
});

describe("events", () => {
  const envelope = {
    v: 1,
    id: "x",
    ts: "2026-03-01T10:00:00.000Z",
    run: "r1",
    attempt: 1,
    by: { svc: "vms", replica: "a", build: "dev" },
  };
  const stored = (subject: string, stage: string, data: object) => ({
    subject,
    seq: 15,
    data: new TextEncoder().encode(JSON.stringify({ ...envelope, stage, data })),
  });

  test.each([
    [stored(runEventSubject("r1", 0, "done"), "_", { ok: true }), "run.done", true],
    [stored(runEventSubject("r1", 0, "running"), "_", {}), "run.running", false],
    [stored(stageEventSubject("r1", "devices", 2, "replay"), "devices", { mode: "full" }), "stage.replay", false],
    [stored(stageEventSubject("r1", "devices", 1, "done"), "devices", {}), "stage.done", null],
    [stored(resultSubject("r1", "devices", 1, "k"), "devices", { key: "k" }), "item.result", null],
  ])("%# is named", (message, name, over) => {
    expect(runStreamEvent(message, "e1")).toMatchObject({ name, over, id: "e1-15", seq: 15 });
  });

  test("a run's own event has no stage, and its data is one line in both dialects", () => {
    const event = runStreamEvent(
      stored(runEventSubject("r1", 0, "failed"), "_", { ok: false, reason: "two\nlines" }),
      "e1",
    );
    if (!event) throw new Error("It was not read.");
    const data = { run: "r1", stage: null, attempt: 1, ts: envelope.ts, by: "vms/a", ok: false, reason: "two\nlines" };
    expect(JSON.parse(socketFrame(event))).toEqual({ id: "e1-15", event: "run.failed", data });
    expect(sseFrame(event)).toBe(`id: e1-15\nevent: run.failed\ndata: ${JSON.stringify(data)}\n\n`);
  });

  test.each([["proxbox.cmd.vms.r1.devices.1"], ["proxbox.evt.r1.devices.1.unheard.of"]])(
    "%s is none of ours",
    (subject) => {
      expect(runStreamEvent(stored(subject, "devices", {}), "e1")).toBeNull();
    },
  );

  test("half a message is left out", () => {
    expect(
      runStreamEvent({ subject: runEventSubject("r1", 0, "done"), seq: 1, data: new Uint8Array([123]) }, "e1"),
    ).toBeNull();
  });
});
