import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { Outcome } from "./complete.ts";
import { readStream } from "./sse-reader.ts";

const typed = "text/event-stream; charset=utf-8";
const ended = 'event: complete\ndata: {"ok": true, "message": null, "result": null}\n\n';

function answer(pieces: readonly (string | Uint8Array)[], contentType = typed): Response {
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const piece of pieces) controller.enqueue(typeof piece === "string" ? encoder.encode(piece) : piece);
      controller.close();
    },
  });
  return new Response(body, { headers: { "content-type": contentType } });
}

const completeWith = (data: string) => `event: complete\ndata: ${data}\n\n`;

describe("what the plugin makes of a stream", () => {
  const success = { status: 200, complete: { ok: true, message: null, result: null, errors: [] } };
  const cutOff = { status: 502, kind: "transport" } as const;
  const invalid = { status: 502, kind: "application" } as const;
  const cases: [string, string, Partial<Outcome>][] = [
    ["a good one", ended, success],
    [
      "a failure with its cause",
      completeWith('{"ok": false, "message": "m", "errors": [{"detail": "why"}]}'),
      { status: 503, detail: "why", kind: "application" },
    ],
    ["a failure without errors", completeWith('{"ok": false, "message": "m"}'), { status: 503, detail: "m" }],
    ["a failure that says nothing", completeWith('{"ok": false}'), { status: 503, detail: "Sync failed." }],
    ["no complete", "event: step\ndata: {}\n\n", cutOff],
    ["nothing at all", "", cutOff],
    ["errors that are null", completeWith('{"ok": true, "errors": null}'), invalid],
    ["errors that are texts", completeWith('{"ok": true, "errors": ["x"]}'), invalid],
    ["ok that is null", completeWith('{"ok": null}'), invalid],
    ["a message that is a number", completeWith('{"ok": true, "message": 1}'), invalid],
    ["a result that is a text", completeWith('{"ok": true, "result": "x"}'), invalid],
    ["several completes: the last counts", completeWith('{"ok": false, "message": "m"}') + ended, success],
    ["CRLF", ended.replaceAll("\n", "\r\n"), success],
    ["no blank line at the end", ended.trimEnd(), success],
    ["a comment within", ended.replace("data:", ": still here\ndata:"), success],
    ["data over several lines", "event: complete\ndata: {\ndata: }\n\n", success],
    ["a byte order mark", `\ufeff${ended}`, cutOff],
    ["data before its event", 'data: {"ok": true}\nevent: complete\n\n', cutOff],
  ];
  for (const [title, text, outcome] of cases)
    test(title, async () => expect((await readStream(answer([text]))).outcome).toMatchObject(outcome));

  // Whatever cannot be read counts as a success: the reason for the strictness below.
  const traps: [string, string, string][] = [
    ["an id line in the frame", 'event: complete\nid: 7\ndata: {"ok": false}\n\n', typed],
    ["a line separator that is not escaped", completeWith('{"ok": false, "message": "a\u2028b"}'), typed],
    ["Å in bytes without a charset", completeWith('{"ok": false, "message": "Å"}'), "text/event-stream"],
    ["no JSON", completeWith("failed"), typed],
  ];
  for (const [title, text, contentType] of traps)
    test(`trap: ${title}`, async () => {
      const { outcome, violations } = await readStream(answer([text], contentType));
      expect(outcome).toMatchObject(success);
      expect(violations).not.toEqual([]);
    });

  test("with a charset even Å is read, and still a violation", async () => {
    const { outcome, violations } = await readStream(answer([completeWith('{"ok": false, "message": "Å"}')]));
    expect(outcome).toMatchObject({ status: 503, detail: "Å" });
    expect(violations[0]).toMatch(/^Line 2 has a byte that is not printable ASCII/);
  });
});

describe("what breaks the rules", () => {
  const frame = 'event: step\ndata: {"step": "devices"}\n\n';
  const cases: [string, string, RegExp | null][] = [
    ["nothing", `: hello\n\n${frame}: alive\n${ended}`, null],
    ["an id line", `id: 1\n${frame}${ended}`, /^Line 1 does not belong/],
    ["a retry line", `retry: 1\n\n${ended}`, /^Line 1 does not belong/],
    ["a comment within a frame", `event: step\n: x\ndata: {}\n\n${ended}`, /^Line 2 does not belong/],
    ["two data lines", `event: step\ndata: {\ndata: }\n\n${ended}`, /^Line 3 does not belong/],
    ["an event without data", `event: step\n\n${ended}`, /^Line 2 ends a frame that lacks/],
    ["an unknown event", `event: run.done\ndata: {}\n\n${ended}`, /^Line 3 ends an event with a name/],
    ["a list as data", `event: step\ndata: []\n\n${ended}`, /^Line 3 ends an event whose data is no JSON object/],
    ["a carriage return", ended.replaceAll("\n", "\r\n"), /not printable ASCII/],
    ["a second complete", ended + ended, /comes after complete/],
    ["a comment after complete", `${ended}: bye\n`, /comes after complete/],
    ["no complete", frame, /has no complete/],
    ["a frame cut off", `${frame}event: complete\ndata: {"ok": true}`, /in the middle of a frame/],
    ["ok as a number", 'event: complete\ndata: {"ok": 1, "message": null, "result": {}}\n\n', /wrong ok/],
    ["a message as a number", 'event: complete\ndata: {"ok": true, "message": 1}\n\n', /wrong message/],
  ];
  for (const [title, text, violation] of cases)
    test(title, async () => {
      const { violations } = await readStream(answer([text]));
      if (violation) expect(violations.join("\n")).toMatch(violation);
      else expect(violations).toEqual([]);
    });

  test("a content type without a charset", async () => {
    const { violations } = await readStream(answer([ended], "text/event-stream"));
    expect(violations).toEqual(["The content type is text/event-stream."]);
  });

  test("silence between frames, whatever comments there are", async () => {
    let time = 0;
    const now = () => {
      time += 4_000;
      return time;
    };
    const text = `${frame}: alive\n${ended}`;
    expect((await readStream(answer([text]), { now, silenceMs: 9_000 })).violations).toEqual([]);
    const slow = await readStream(answer([text]), { now, silenceMs: 3_000 });
    expect(slow.violations).toEqual(Array(2).fill("For 4000 ms there was no frame."));
  });

  test("a connection that stays open after complete, or breaks off", async () => {
    const open = new Response(
      new ReadableStream<Uint8Array>({ start: (controller) => controller.enqueue(new TextEncoder().encode(ended)) }),
      { headers: { "content-type": typed } },
    );
    const reading = await readStream(open, { lingerMs: 30 });
    expect(reading.outcome.status).toBe(200);
    expect(reading.violations).toEqual(["The connection was still open 30 ms after complete."]);

    const broken = new Response(
      new ReadableStream<Uint8Array>({
        start: (controller) => controller.enqueue(new TextEncoder().encode(frame)),
        pull: (controller) => controller.error(new Error("reset")),
      }),
      { headers: { "content-type": typed } },
    );
    expect((await readStream(broken)).outcome).toMatchObject({ status: 502, kind: "transport" });
  });
});

test("however a stream is cut into pieces, it reads the same", async () => {
  const text = `: hello\nevent: step\ndata: {"message": "Å ü \u0085 \u2028 \ud83d\ude00"}\r\n\r\n${ended}id: 7\n`;
  const bytes = new TextEncoder().encode(text);
  const whole = await readStream(answer([bytes]));
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(fc.integer({ min: 0, max: bytes.length }), { maxLength: 12 }), async (cuts) => {
      const places = [0, ...cuts.sort((left, right) => left - right), bytes.length];
      const pieces = places.slice(1).map((end, index) => bytes.slice(places[index], end));
      const { frames, violations } = await readStream(answer(pieces));
      expect(frames).toEqual(whole.frames);
      expect(violations).toEqual(whole.violations);
    }),
  );
});
