import { describe, expect, test } from "bun:test";
import { encode } from "@proxbox/contracts/envelope";
import { endpointKey, type ObjectOutcome, type Outcome, StageResult } from "@proxbox/contracts/messages";
import { maxEventBytes } from "@proxbox/contracts/streams";
import { envelopeOf } from "./envelopes.ts";
import { failedAsWhole, fitResult, type ResultData, resultOf, summarise } from "./results.ts";
import type { ItemReport } from "./stage.ts";

const object = (outcome: Outcome, more: Partial<ObjectOutcome> = {}): ObjectOutcome => ({
  kind: "tag",
  name: "t",
  outcome,
  ...more,
});
const fault = (code: string) => ({ code, message: `Because of ${code}.`, retryable: false });
const of = { key: "k", endpoint: 1, ms: 12.4, deliveries: 2 };

describe("the state of a result", () => {
  test.each([
    [[], undefined, "unchanged"],
    [["unchanged", "skipped"], undefined, "unchanged"],
    [["unchanged", "updated"], undefined, "ok"],
    [["created", "failed"], undefined, "failed"],
    [["created"], "boom", "failed"],
  ] as const)("%p with error %p is %s", (outcomes, code, state) => {
    const report: ItemReport = {
      objects: outcomes.map((outcome) => object(outcome)),
      ...(code ? { error: fault(code) } : {}),
    };
    expect(resultOf(of, report)).toMatchObject({ state, ms: 12, deliveries: 2, omitted: 0 });
  });

  test("counts are kept by kind", () => {
    const objects = [object("created"), object("created", { kind: "site" }), object("failed", { kind: "site" })];
    const { counts, kinds } = resultOf(of, { objects });
    expect(counts).toMatchObject({ created: 2, failed: 1, updated: 0 });
    expect(kinds).toMatchObject({ tag: { created: 1 }, site: { created: 1, failed: 1 } });
  });
});

describe("a result that is too big", () => {
  const many = (count: number, outcome: Outcome, text = "") =>
    Array.from({ length: count }, (_, n) =>
      object(outcome, { name: `${outcome}-${n}`, ...(text ? { reason: text } : {}) }),
    );
  const sent = (data: ResultData) =>
    encode(
      StageResult,
      envelopeOf("s", { run: "r", stage: "devices", attempt: 1 }, { svc: "s", replica: "r", build: "b" }, data),
    );

  test("loses unchanged objects first", () => {
    const data = resultOf(of, { objects: [...many(6_000, "unchanged"), ...many(10, "updated", "why")] });
    expect(sent(data).length).toBeLessThan(maxEventBytes);
    expect(data.omitted).toBe(6_000);
    expect(data.objects).toEqual(many(10, "updated", "why"));
    expect(data.counts.unchanged).toBe(6_000);
  });

  test("then texts, then objects; what was counted stays", () => {
    const short = resultOf(of, { objects: many(1_000, "updated", "ä".repeat(1_000)) });
    expect(short.objects.length).toBe(1_000);
    expect(short.objects[0]?.reason).toBeUndefined();
    const long = resultOf(of, { objects: many(20_000, "created") });
    expect(long.objects.length).toBeGreaterThan(1_000);
    expect(long.objects.length + long.omitted).toBe(20_000);
    expect(long.counts.created).toBe(20_000);
    for (const data of [short, long]) expect(sent(data).length).toBeLessThan(maxEventBytes);
  });

  test("one that fits is not touched", () => {
    const data = resultOf(of, { objects: many(3, "unchanged") });
    expect(fitResult(data)).toBe(data);
  });
});

describe("the summary of an attempt", () => {
  const scope = {
    endpoints: [
      { id: 1, name: "one" },
      { id: 2, name: "two" },
    ],
    blocked: [],
    ms: 99.6,
  };
  const result = (key: string, endpoint: number | null, report: ItemReport) =>
    resultOf({ ...of, key, endpoint }, report);
  const good = (key: string, endpoint: number | null) => result(key, endpoint, { objects: [object("created")] });

  test("is ok when every result is good", () => {
    const summary = summarise([good("a", 1), good("b", 2), good("finish", null)], scope);
    expect(summary).toMatchObject({ ok: true, items: 3, counts: { created: 3 }, ms: 100, errors: [] });
    expect(summary.endpoints).toEqual([
      { endpoint: 1, name: "one", state: "ok" },
      { endpoint: 2, name: "two", state: "ok" },
    ]);
    expect(failedAsWhole(summary)).toBe(false);
  });

  test("tells a failed endpoint from one of which something failed", () => {
    const failed = result(endpointKey(2), 2, { objects: [], error: fault("down") });
    const partial = result("b", 1, { objects: [object("failed", { error: fault("bad") })] });
    const summary = summarise([good("a", 1), partial, failed], scope);
    expect(summary).toMatchObject({ ok: false, errors: [fault("bad"), fault("down")] });
    expect(summary.endpoints).toEqual([
      { endpoint: 1, name: "one", state: "partial", error: fault("bad") },
      { endpoint: 2, name: "two", state: "failed", error: fault("down") },
    ]);
    expect(failedAsWhole(summary)).toBe(false);
    expect(failedAsWhole(summarise([failed], { ...scope, endpoints: [{ id: 2, name: "two" }] }))).toBe(true);
  });

  test("names blocked endpoints and counts cancelled items as not done", () => {
    const blocked = [{ endpoint: 3, name: "three", because: "devices failed" }];
    const cancelled = resultOf({ ...of, key: "b", endpoint: 2, state: "cancelled" }, { objects: [] });
    const summary = summarise([good("a", 1), cancelled], { ...scope, blocked });
    expect(summary.ok).toBe(false);
    expect(summary.endpoints.map(({ state }) => state)).toEqual(["ok", "partial", "blocked"]);
    expect(summary.endpoints[2]?.error?.message).toBe("devices failed");
  });

  test("a stage without endpoints has not failed as a whole", () => {
    expect(failedAsWhole(summarise([good("a", null)], { endpoints: [], blocked: [], ms: 0 }))).toBe(false);
  });

  test("keeps the first errors only, and they fit", () => {
    const bad = result("a", 1, {
      objects: Array.from({ length: 500 }, (_, n) =>
        object("failed", { error: { ...fault(`e${n}`), cause: "x".repeat(2_000) } }),
      ),
    });
    const { errors, counts } = summarise([bad], scope);
    expect(errors.length).toBe(20);
    expect(errors[0]?.cause?.length).toBe(300);
    expect(counts.failed).toBe(500);
  });
});
