import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { runKeys } from "@proxbox/contracts/endpoints";
import { consumerNames, names } from "@proxbox/contracts/streams";
import { openBucket } from "../src/buckets.ts";
import { coordinate } from "../src/coordinator.ts";
import { handleDeliveries } from "../src/deliveries.ts";
import { SyncError } from "../src/errors.ts";
import { createMetrics } from "../src/metrics.ts";
import { readServiceConfig } from "../src/settings.ts";
import type { Stage } from "../src/stage.ts";
import { openStageHost } from "../src/stage-host.ts";
import { workItem } from "../src/worker.ts";
import { command, configure, endOf, numberStage, quietLog, resultsOf, type Stand, startStand, until } from "./stand.ts";

setDefaultTimeout(20_000);

let stand: Stand;
beforeAll(async () => {
  stand = await startStand();
  await configure(stand.bus, [1]);
});
afterAll(() => stand[Symbol.asyncDispose]());

const items = (count: number) => Array.from({ length: count }, (_, n) => ({ key: `n${n}`, endpoint: 1, body: { n } }));

/** Coordinators and workers side by side, each started when the test wants it, with little patience. */
async function startApart(stage: Stage, itemDeadlineMs?: number) {
  const config = readServiceConfig({ PROXBOX_REPLICA: "apart" });
  const parts = {
    domain: "vms",
    stages: [stage],
    config,
    env: {},
    log: quietLog,
    bus: stand.bus,
    vault: await stand.vault(),
  } as const;
  const host = openStageHost(parts, createMetrics("vms"));
  const stop = new AbortController();
  const loops: Promise<void>[] = [];
  const take = (stream: string, consumer: string, handle: Parameters<typeof handleDeliveries>[1]["handle"]) =>
    loops.push(
      handleDeliveries(stand.bus, { stream, consumer, concurrency: 2, signal: stop.signal, log: quietLog, handle }),
    );
  return {
    coordinate: () =>
      take(names.commands, consumerNames.commandsOf("vms"), (delivery) =>
        coordinate(host, delivery, stop.signal, { quietMs: 300, cancelMs: 300 }),
      ),
    work: () =>
      take(names.items, consumerNames.itemsOf("vms"), (delivery) =>
        workItem(host, delivery, stop.signal, itemDeadlineMs),
      ),
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await Promise.all(loops);
      await host[Symbol.asyncDispose]();
    },
  };
}

test("items that the server lost are queued again", async () => {
  const stage = numberStage({ items: async () => items(30), work: async () => ({ objects: [] }) });
  await using apart = await startApart(stage);
  apart.coordinate();
  await command(stand.bus, "lost");
  const queued = async () => (await stand.bus.jsm.streams.info(names.items)).state.messages;
  await until(async () => (await queued()) === 30);
  await stand.bus.jsm.streams.purge(names.items);
  await until(async () => (await queued()) === 30);
  apart.work();
  expect((await endOf(stand.bus, "lost")).data.summary).toMatchObject({ ok: true, items: 30 });
});

test("a cancelled run ends although the worker of an item never answers", async () => {
  const stage = numberStage({ items: async () => items(2), work: async () => ({ objects: [] }) });
  await using apart = await startApart(stage);
  apart.coordinate();
  await command(stand.bus, "silent");
  await until(async () => (await stand.bus.jsm.streams.info(names.items)).state.messages === 2);
  await openBucket(stand.bus, names.runs).put(runKeys.cancel("silent"), "{}");
  expect((await endOf(stand.bus, "silent")).fact).toBe("cancelled");
  const results = await resultsOf(stand.bus, "silent");
  expect(results.map(({ key, endpoint, state }) => [key, endpoint, state])).toEqual([
    ["n0", 1, "cancelled"],
    ["n1", 1, "cancelled"],
  ]);
  apart.work();
  await until(async () => (await stand.bus.jsm.streams.info(names.items)).state.messages === 0);
});

test("an item that is not done within its time has failed, and says so", async () => {
  const stage = numberStage({
    items: async () => items(1),
    work: async (_body, ctx) => {
      await new Promise((_, reject) => ctx.signal.addEventListener("abort", () => reject(ctx.signal.reason)));
      return { objects: [] };
    },
  });
  await using apart = await startApart(stage, 200);
  apart.coordinate();
  apart.work();
  await command(stand.bus, "late");
  expect((await endOf(stand.bus, "late")).data.summary).toMatchObject({
    ok: false,
    errors: [{ code: "item_deadline" }],
  });
  expect((await resultsOf(stand.bus, "late"))[0]).toMatchObject({ state: "failed", deliveries: 1 });
});

test("an item outlives many deaths of its workers; its own error fails it when it was given out often", async () => {
  const stage = numberStage({
    items: async () => items(2),
    work: async ({ n }) => {
      if (n === 1) throw new SyncError("flaky", "Not now.", { retryable: true });
      return { objects: [] };
    },
  });
  await using apart = await startApart(stage);
  apart.coordinate();
  await command(stand.bus, "deaths");
  const consumer = await stand.bus.js.consumers.get(names.items, consumerNames.itemsOf("vms"));
  for (let given = 0; given < 16; given += 1) (await consumer.next({ expires: 5_000 }))?.nak();
  apart.work();
  await endOf(stand.bus, "deaths");
  const results = (await resultsOf(stand.bus, "deaths")).toSorted((left, right) => left.key.localeCompare(right.key));
  expect(results).toMatchObject([{ state: "unchanged" }, { state: "failed", error: { code: "flaky" } }]);
  for (const { deliveries } of results) expect(deliveries).toBeGreaterThan(5);
});
