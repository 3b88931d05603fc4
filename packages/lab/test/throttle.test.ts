import { expect, setDefaultTimeout, test } from "bun:test";
import { names } from "@proxbox/contracts/streams";
import type { Bus } from "@proxbox/runtime/bus";
import { permitLimit } from "@proxbox/runtime/streams";
import type { SimulatedNetBox } from "../src/netbox/server.ts";
import { buildEstate } from "../src/proxmox/build-estate.ts";
import { startScene } from "../src/scene.ts";
import { busOf, startRun } from "./processes.ts";

setDefaultTimeout(180_000);

const spanMs = 250;
/** Waiting is what a request costs, so that more in flight help as long as NetBox takes them. */
const requestMs = 150;

/** A span of time: the limits that were in force in it, requests in flight at once, asked and turned away. */
type Span = { at: number; limits: number[]; peak: number; requests: number; turnedAway: number };
type Watch = AsyncDisposable & {
  readonly spans: readonly Span[];
  /** The limit in force. */
  limit(): number;
  /** Resolves with the time when the limit meets a condition, or after `withinMs`. */
  until(isMet: (limit: number) => boolean, withinMs: number): Promise<number>;
};

/** Watches a NetBox, and every order that changes the limit on its way to the server. */
async function watch(netbox: SimulatedNetBox, bus: Bus): Promise<Watch> {
  const spans: Span[] = [];
  let limits = [await permitLimit(bus, "netbox")];
  const limit = () => limits.at(-1) ?? 0;
  const orders = bus.nc.subscribe(`$JS.API.CONSUMER.CREATE.${names.permits}.netbox.>`, {
    callback: (_error, message) => {
      limits.push(message.json<{ config: { max_ack_pending: number } }>().config.max_ack_pending);
    },
  });
  netbox.resetCounts();
  const timer = setInterval(() => {
    const { requests, turnedAway } = netbox.counts();
    spans.push({ at: Date.now(), limits, peak: netbox.peakInFlight(), requests, turnedAway });
    limits = [limit()];
    netbox.resetCounts();
  }, spanMs);
  return {
    spans,
    limit,
    until: async (isMet, withinMs) => {
      for (const end = Date.now() + withinMs; Date.now() < end && !isMet(limit()); ) await Bun.sleep(20);
      return Date.now();
    },
    [Symbol.asyncDispose]: async () => {
      clearInterval(timer);
      orders.unsubscribe();
    },
  };
}

/** The most that may have been in flight in a span: what was granted shortly before a cut is at work a little longer. */
function mostAllowed(spans: readonly Span[], index: number): number {
  return Math.max(...spans.slice(Math.max(0, index - 2), index + 2).flatMap(({ limits }) => limits));
}

test("three replicas: never above the limit, which follows a capacity of 20, then 4, then 20", async () => {
  const estate = buildEstate({ seed: 1, clusters: 3, nodes: 30, guests: 2_400 });
  const env = { PROXBOX_ITEM_WORKERS: "16", PROXBOX_BULK_BATCH_SIZE: "2" };
  await using scene = await startScene({ estate, env, netbox: { capacity: 20 }, processes: { vms: 3 } });
  const { netbox, gateway } = scene;
  await using bus = await busOf(scene);
  netbox.faults.add({ kind: "delay", ms: requestMs });
  await using watched = await watch(netbox, bus);
  // Enough work for two minutes; all stages would have ten times as much.
  const id = await startRun(scene, { stages: ["devices", "storage", "virtual-machines"] });

  await watched.until((limit) => limit >= 18, 70_000);
  await Bun.sleep(3_000);
  const before = watched.limit();
  const fall = Date.now();
  netbox.setCapacity(4);
  const fallen = await watched.until((limit) => limit <= 5, 10_000);
  await Bun.sleep(Math.max(0, fall + 12_000 - Date.now()));
  const low = watched.limit();
  netbox.setCapacity(20);
  await watched.until((limit) => limit >= 10, 60_000);
  await Bun.sleep(2_000);
  const again = watched.limit();
  netbox.faults.clear();
  const run = await gateway.finished(id);
  const { spans } = watched;
  const outside = spans.filter(({ at }) => at < fall || at > fall + 4_000);
  const total = (key: "requests" | "turnedAway") => outside.reduce((sum, span) => sum + span[key], 0);

  expect(run).toMatchObject({ phase: "done", ok: true });
  expect(run.stages.map(({ summary }) => summary?.counts.failed)).toEqual([0, 0, 0]);
  expect(spans.filter((span, index) => span.peak > mostAllowed(spans, index))).toEqual([]);
  expect(before).toBeGreaterThanOrEqual(15);
  expect(fallen - fall).toBeLessThanOrEqual(4_000);
  expect(low).toBeLessThanOrEqual(5);
  expect(again).toBeGreaterThanOrEqual(10);
  expect(total("turnedAway") / total("requests")).toBeLessThan(0.02);
});
