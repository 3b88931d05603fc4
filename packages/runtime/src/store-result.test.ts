import { expect, test } from "bun:test";
import { createMetrics } from "./metrics.ts";
import type { StageHost } from "./stage-context.ts";
import { storeResult } from "./store-result.ts";

const place = { run: "r1", stage: "devices", attempt: 1 };
const of = { key: "hosts_1", endpoint: 1, ms: 5, deliveries: 1 };
const error = { code: "netbox_invalid", message: "NetBox refused pve1.", retryable: false, field: "name" };
const objects = [
  { kind: "device", name: "pve1", outcome: "failed" as const, id: 7, error },
  { kind: "device", name: "pve2", outcome: "created" as const, id: 8 },
];

async function logged(isNew: boolean): Promise<Record<string, unknown>[]> {
  const lines: Record<string, unknown>[] = [];
  const write = (fact: Record<string, unknown>) => void lines.push(fact);
  const host = {
    bus: { publishOnce: async () => isNew },
    metrics: createMetrics("test"),
    author: { svc: "test", replica: "a", build: "dev" },
    log: { debug: write, info: write, warn: write, error: write },
  } as unknown as StageHost;
  await storeResult(host, place, of, { objects });
  return lines;
}

test("each object that failed is a fact of its own with its whole context, then the item with its counts", async () => {
  const at = { run: "r1", stage: "devices", attempt: 1, item: "hosts_1", endpoint: 1 };
  expect(await logged(true)).toEqual([
    { event: "object.failed", ...at, kind: "device", object: "pve1", id: 7, err: error },
    expect.objectContaining({ event: "item.failed", ...at, ms: 5, created: 1, failed: 1 }),
  ]);
});

test("what another replica has told already is not told again", async () => {
  expect(await logged(false)).toEqual([]);
});
