import { describe, expect, test } from "bun:test";
import {
  individualVerdict,
  isTriedAgain,
  pauseBeforeRetry,
  refusalText,
  stageFailureText,
  streamRefusalText,
} from "./failure-text.ts";

describe("the text of a refusal", () => {
  const cases: [string, unknown, string][] = [
    ["detail goes before message", { detail: "why", message: "what" }, "why"],
    ["a message alone", { message: "what" }, "what"],
    ["a detail that says nothing", { detail: "Internal Server Error", message: "what" }, "what"],
    ["the exception is added", { detail: "why", python_exception: "ValueError" }, "why (ValueError)"],
    ["a list of faults", { detail: [{ msg: "x" }] }, '[{"msg":"x"}]'],
    ["no JSON object", undefined, "Backend returned HTTP 502 without a JSON error detail."],
    ["nothing said", { detail: "" }, "Backend returned HTTP 502 without a JSON error detail."],
  ];
  for (const [title, body, text] of cases) test(title, () => expect(refusalText(502, body)).toBe(text));
});

describe("the text of a refused stream", () => {
  const cases: [string, unknown, string, string][] = [
    ["both texts", { detail: "why", message: "what" }, "why", "what: why"],
    ["the same twice", { detail: "why", message: "why" }, "why", "why"],
    ["the message is part of the detail", { detail: "what, why", message: "what" }, "what, why", "what, why"],
    ["a message alone", { detail: "", message: "what" }, "what", "what"],
    ["faults in a list", { detail: [{ msg: "x" }], message: "what" }, '[{"msg":"x"}]', '[{"msg":"x"}]'],
    ["nothing", {}, "HTTP 400", "HTTP 400"],
  ];
  for (const [title, body, old, current] of cases)
    test(title, () => {
      expect(streamRefusalText("0.0.24", 400, body)).toBe(old);
      expect(streamRefusalText("0.0.29.post6", 400, body)).toBe(current);
    });
});

test("the page of a job tells the last try in 0.0.24; later what the backend said, and the others below", () => {
  const said = { status: 503, detail: "disk full", kind: "application" } as const;
  const lost = { status: 503, detail: "connection refused", kind: "transport" } as const;
  const sentence = "Stage 'devices' failed (HTTP 503): disk full";
  expect(stageFailureText("0.0.29.post6", "devices", [said, said, said])).toBe(sentence);
  expect(stageFailureText("0.0.29.post6", "devices", [lost, said, lost])).toBe(
    `${sentence}\nAttempt 1: HTTP 503 — connection refused\nAttempt 3: HTTP 503 — connection refused`,
  );
  expect(stageFailureText("0.0.24", "devices", [said, lost])).toContain("connection refused");
});

test("overload and failures are tried again, a refusal only when it names a way that failed", () => {
  for (const status of [500, 502, 503, 504, 429]) expect(isTriedAgain(status, "")).toBe(true);
  for (const status of [400, 401, 404, 409, 422]) expect(isTriedAgain(status, "timeout must be 1 to 300")).toBe(false);
  expect(isTriedAgain(400, "NetBox: Connection refused")).toBe(true);
});

test("8 s before each further try in 0.0.24; later 8 s and 16 s, or what Retry-After says, a minute at most", () => {
  expect([0, 1].map((index) => pauseBeforeRetry("0.0.24", index, "3"))).toEqual([8_000, 8_000]);
  expect([0, 1].map((index) => pauseBeforeRetry("0.0.29.post6", index, null))).toEqual([8_000, 16_000]);
  expect(pauseBeforeRetry("0.0.29.post6", 0, "3")).toBe(3_000);
  expect(pauseBeforeRetry("0.0.29.post6", 0, "600")).toBe(60_000);
});

test("one object's synchronisation has failed when its answer has an error, whatever its status", () => {
  expect(individualVerdict(200, { action: "updated" })).toEqual({ ok: true, text: "updated" });
  expect(individualVerdict(200, { error: "why" })).toEqual({ ok: false, text: "why" });
  expect(individualVerdict(503, {})).toEqual({ ok: false, text: "backend is unavailable" });
});
