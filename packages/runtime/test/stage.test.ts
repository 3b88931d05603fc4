import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { runKeys, settingKeys } from "@proxbox/contracts/endpoints";
import { endpointKey } from "@proxbox/contracts/messages";
import { domainOf } from "@proxbox/contracts/stages";
import { consumerNames, names } from "@proxbox/contracts/streams";
import { cancelSubject, commandSubject, itemSubject } from "@proxbox/contracts/subjects";
import { openBucket } from "../src/buckets.ts";
import { NetBoxAPIError, SyncError } from "../src/errors.ts";
import { readStored } from "../src/reader.ts";
import type { ItemReport } from "../src/stage.ts";
import {
  command,
  configure,
  endOf,
  factsOf,
  numberStage,
  resultsOf,
  type Stand,
  stageName,
  startReplica,
  startStand,
  until,
} from "./stand.ts";

setDefaultTimeout(30_000);

let stand: Stand;
beforeAll(async () => {
  stand = await startStand({ itemAckWaitSeconds: 2 });
  await configure(stand.bus, [1, 2]);
});
afterAll(() => stand[Symbol.asyncDispose]());

const made = (name: string): ItemReport => ({ objects: [{ kind: "tag", name, outcome: "created" }] });
const numbers = (count: number) =>
  Array.from({ length: count }, (_, n) => ({ key: `n${n}`, endpoint: 1 + (n % 2), body: { n } }));

test("every item gets exactly one result, although its coordinator and a worker vanish", async () => {
  const worked = new Map<number, number>();
  const stage = numberStage({
    items: async () => numbers(200),
    work: async ({ n }) => {
      worked.set(n, (worked.get(n) ?? 0) + 1);
      await Bun.sleep(30);
      return made(`t${n}`);
    },
    finish: async (results) => ({ objects: [{ kind: "tag", name: `of ${results.length}`, outcome: "updated" }] }),
  });
  const replicas = [];
  for (const name of ["a", "b", "c"]) replicas.push(await startReplica(stand, name, [stage]));
  await command(stand.bus, "killed");
  const coordinator = await until(async () => {
    for await (const { data } of readStored(stand.bus, { filter: "proxbox.evt.killed.*.*.stage.manifest" })) {
      return JSON.parse(new TextDecoder().decode(data)).by.replica as string;
    }
    return null;
  });
  await until(() => worked.size > 30);
  await replicas["abc".indexOf(coordinator)]?.vanish();
  const { fact, data } = await endOf(stand.bus, "killed");
  for (const replica of replicas) await replica[Symbol.asyncDispose]();

  expect(fact).toBe("done");
  expect(data.summary).toMatchObject({ ok: true, items: 201, counts: { created: 200, updated: 1 } });
  expect(data.summary?.endpoints.map(({ state }) => state)).toEqual(["ok", "ok"]);
  const keys = (await resultsOf(stand.bus, "killed")).map(({ key }) => key);
  expect(new Set(keys)).toEqual(new Set([...numbers(200).map(({ key }) => key), "finish"]));
  expect(keys.length).toBe(201);
  const facts = await factsOf(stand.bus, "killed");
  expect([...facts.keys()]).toEqual(["started", "manifest", "done"]);
  expect(facts.get("manifest")?.manifest).toMatchObject({ count: 201, keys: expect.arrayContaining(["n0", "finish"]) });
  expect(worked.size).toBe(200);
}, 30_000);

test("every item gets exactly one result, although nats-server is killed in the middle, twice", async () => {
  let worked = 0;
  const stage = numberStage({
    items: async () => numbers(80),
    work: async ({ n }) => {
      worked += 1;
      await Bun.sleep(40);
      return made(`t${n}`);
    },
    finish: async () => ({ objects: [] }),
  });
  await using _a = await startReplica(stand, "server-a", [stage]);
  await using _b = await startReplica(stand, "server-b", [stage]);
  await command(stand.bus, "server");
  for (const share of [10, 40]) {
    await until(() => worked > share);
    await stand.nats.kill("SIGKILL");
    await stand.nats.restart();
  }
  const { fact, data } = await endOf(stand.bus, "server");
  expect(fact).toBe("done");
  expect(data.summary).toMatchObject({ ok: true, items: 81, counts: { created: 80 } });
  const keys = (await resultsOf(stand.bus, "server")).map(({ key }) => key);
  expect(new Set(keys).size).toBe(81);
  expect(keys.length).toBe(81);
});

test("an item that takes longer than the ack wait is worked once", async () => {
  let times = 0;
  const stage = numberStage({
    items: async () => numbers(1),
    work: async () => {
      times += 1;
      await Bun.sleep(3_000);
      return made("slow");
    },
  });
  await using _a = await startReplica(stand, "long-a", [stage]);
  await using _b = await startReplica(stand, "long-b", [stage]);
  await command(stand.bus, "long");
  expect((await endOf(stand.bus, "long")).data.summary?.ok).toBe(true);
  expect(times).toBe(1);
  expect((await resultsOf(stand.bus, "long"))[0]?.deliveries).toBe(1);
});

test("overload is waited out with the item in hand; a retryable error gives it back; a terminal one fails it", async () => {
  const tries = { overloaded: 0, flaky: 0, broken: 0 };
  const stage = numberStage({
    items: async () => Object.keys(tries).map((key, n) => ({ key, endpoint: 1, body: { n } })),
    work: async (_body, ctx) => {
      const key = ctx.item.key as keyof typeof tries;
      tries[key] += 1;
      if (key === "overloaded" && tries.overloaded <= 4) {
        throw new NetBoxAPIError("netbox_overloaded", "NetBox answers 503.", {
          status: 503,
          overload: true,
          retryAfterMs: 10,
        });
      }
      if (key === "flaky" && tries.flaky === 1) throw new SyncError("flaky", "Not now.", { retryable: true });
      if (key === "broken") throw new SyncError("broken", "Never.", { object: "thing", next: "Mend it." });
      return made(key);
    },
  });
  await using _replica = await startReplica(stand, "errors", [stage]);
  await command(stand.bus, "errors");
  const { fact, data } = await endOf(stand.bus, "errors");
  const results = new Map((await resultsOf(stand.bus, "errors")).map((result) => [result.key, result]));
  expect(results.get("overloaded")).toMatchObject({ state: "ok", deliveries: 1 });
  expect(results.get("flaky")).toMatchObject({ state: "ok", deliveries: 2 });
  expect(results.get("broken")).toMatchObject({
    state: "failed",
    deliveries: 1,
    error: { code: "broken", message: "Never.", object: "thing", next: "Mend it.", retryable: false },
  });
  expect(tries).toEqual({ overloaded: 5, flaky: 2, broken: 1 });
  expect(fact).toBe("done");
  expect(data.summary).toMatchObject({
    ok: false,
    endpoints: [
      { endpoint: 1, state: "partial" },
      { endpoint: 2, state: "ok" },
    ],
  });
  expect(data.summary?.errors.map(({ code }) => code)).toEqual(["broken"]);
});

test("an item whose worker dies each time ends as an advisory", async () => {
  await using impatient = await startStand({ itemAckWaitSeconds: 1 });
  await configure(impatient.bus, [1]);
  const stage = numberStage({
    items: async () => numbers(1),
    work: async (_body, ctx) => {
      await ctx.bus.nc.close();
      return made("never");
    },
  });
  const consumer = consumerNames.itemsOf(domainOf(stageName));
  await impatient.bus.jsm.consumers.update(names.items, consumer, { max_deliver: 2 });
  await command(impatient.bus, "poison");
  const replicas = [];
  const advisories = async () => {
    let found = 0;
    for await (const { data } of readStored(impatient.bus, {
      stream: names.advisories,
      filter: "$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.>",
    })) {
      if (JSON.parse(new TextDecoder().decode(data)).stream === names.items) found += 1;
    }
    return found;
  };
  for (let death = 0; death < 2; death += 1) {
    const replica = await startReplica(impatient, `poison-${death}`, [stage]);
    replicas.push(replica);
    await until(() => replica.bus.nc.isClosed());
  }
  // One more ask, so that the server finds that the item may not be delivered again.
  await using survivor = await startReplica(impatient, "survivor", [stage]);
  await until(async () => (await advisories()) === 1);
  expect(await resultsOf(impatient.bus, "poison")).toEqual([]);
  await survivor[Symbol.asyncDispose]();
  for (const replica of replicas) await replica[Symbol.asyncDispose]();
}, 30_000);

test("a cancelled run ends soon: items in hand are stopped, the others never begin", async () => {
  let begun = 0;
  const stage = numberStage({
    items: async () => numbers(40),
    work: async (_body, ctx) => {
      begun += 1;
      await new Promise((_, reject) => ctx.signal.addEventListener("abort", () => reject(ctx.signal.reason)));
      return made("never");
    },
  });
  await using _replica = await startReplica(stand, "cancel", [stage]);
  await command(stand.bus, "cancel");
  await until(() => begun === 4);
  await openBucket(stand.bus, names.runs).put(runKeys.cancel("cancel"), "{}");
  stand.bus.tell(cancelSubject("cancel"), new Uint8Array());
  const { fact, data } = await endOf(stand.bus, "cancel");
  expect(fact).toBe("cancelled");
  expect(data.summary?.ok).toBe(false);
  expect(begun).toBe(4);
  const results = await resultsOf(stand.bus, "cancel");
  expect(results.length).toBe(40);
  expect(results.every(({ state }) => state === "cancelled")).toBe(true);
});

test("a failed-only attempt works what failed and keeps what stood", async () => {
  let mended = false;
  const worked: string[] = [];
  const stage = numberStage({
    items: async () => [
      ...numbers(4),
      ...(mended
        ? []
        : [
            {
              key: endpointKey(2),
              endpoint: 2,
              report: { objects: [], error: { code: "down", message: "Down.", retryable: true } },
            },
          ]),
    ],
    work: async (_body, ctx) => {
      worked.push(ctx.item.key);
      if (ctx.item.key === "n1" && !mended) {
        return {
          objects: [
            { kind: "tag", name: "n1", outcome: "failed", error: { code: "x", message: "No.", retryable: false } },
          ],
        };
      }
      return made(ctx.item.key);
    },
    finish: async (results) => ({ objects: [{ kind: "sweep", name: String(results.length), outcome: "unchanged" }] }),
  });
  await using _replica = await startReplica(stand, "again", [stage]);
  await command(stand.bus, "again");
  const first = await endOf(stand.bus, "again");
  expect(first.fact).toBe("done");
  expect(first.data.summary).toMatchObject({ ok: false, counts: { created: 3, failed: 1 } });
  expect(first.data.summary?.endpoints).toMatchObject([{ state: "ok" }, { state: "failed", error: { code: "down" } }]);
  mended = true;
  worked.length = 0;
  await command(stand.bus, "again", { attempt: 2, mode: "failed-only" });
  const second = await endOf(stand.bus, "again", 2);
  expect(worked).toEqual(["n1"]);
  expect(second.data.summary).toMatchObject({ ok: true, items: 5, counts: { created: 4, failed: 0, unchanged: 1 } });
  expect((await resultsOf(stand.bus, "again", 2)).find(({ key }) => key === "finish")?.objects[0]?.name).toBe("4");
});

test("blocked endpoints are left out and reported; a stage with nothing else fails", async () => {
  const seen: number[][] = [];
  const stage = numberStage({
    items: async (ctx) => {
      seen.push(ctx.endpoints.map(({ id }) => id));
      return ctx.endpoints.map(({ id }) => ({ key: `e${id}`, endpoint: id, body: { n: id } }));
    },
    work: async () => made("x"),
  });
  await using _replica = await startReplica(stand, "blocked", [stage]);
  const blocked = (endpoint: number) => ({ endpoint, name: `pve${endpoint}`, because: "stage devices failed for it" });
  await command(stand.bus, "one-blocked", { blocked: [blocked(2)] });
  const one = await endOf(stand.bus, "one-blocked");
  expect(one.fact).toBe("done");
  expect(one.data.summary?.ok).toBe(false);
  expect(one.data.summary?.endpoints.map(({ state }) => state)).toEqual(["ok", "blocked"]);
  const keys = (await resultsOf(stand.bus, "one-blocked")).map(({ key, state }) => `${key} ${state}`);
  expect(keys.sort()).toEqual(["e1 ok", "endpoint-2 blocked"]);
  await command(stand.bus, "all-blocked", { blocked: [blocked(1), blocked(2)] });
  const all = await endOf(stand.bus, "all-blocked");
  expect(all.fact).toBe("failed");
  expect(all.data.error?.message).toBe("stage devices failed for it");
  expect(seen).toEqual([[1], []]);
});

test("a stage that cannot list its items, or lists useless ones, fails with the reason", async () => {
  const stage = numberStage({
    items: async (ctx) => {
      if (ctx.run === "throws") throw new SyncError("no_endpoints", "There is no endpoint.", { next: "Add one." });
      return [...numbers(1), ...numbers(1)];
    },
    work: async () => made("x"),
    finish: async () => ({ objects: [] }),
  });
  await using _replica = await startReplica(stand, "listing", [stage]);
  await command(stand.bus, "throws");
  expect(await endOf(stand.bus, "throws")).toMatchObject({
    fact: "failed",
    data: { error: { code: "no_endpoints", message: "There is no endpoint.", next: "Add one." } },
  });
  await command(stand.bus, "twice");
  expect((await endOf(stand.bus, "twice")).data.error?.message).toContain(
    '"n0" of stage virtual-machines is listed twice',
  );
});

test("a stage of no items is done at once, and a finish that throws is a failed result", async () => {
  const stage = numberStage({
    items: async () => [],
    work: async () => made("x"),
    finish: async () => {
      throw new SyncError("sweep", "The sweep failed.");
    },
  });
  await using _replica = await startReplica(stand, "empty", [stage]);
  await command(stand.bus, "empty");
  const { fact, data } = await endOf(stand.bus, "empty");
  expect(fact).toBe("done");
  expect(data.summary).toMatchObject({ ok: false, items: 1, errors: [{ code: "sweep" }] });
});

test("without a NetBox endpoint a stage fails; one that is pushed is in force for the next attempt", async () => {
  const stage = numberStage({ items: async () => numbers(2), work: async () => made("x") });
  await using _replica = await startReplica(stand, "netbox", [stage]);
  const settings = openBucket(stand.bus, names.settings);
  await settings.delete(settingKeys.netbox(1));
  await command(stand.bus, "netbox");
  expect(await endOf(stand.bus, "netbox")).toMatchObject({
    fact: "failed",
    data: { error: { code: "netbox_not_configured" } },
  });
  await configure(stand.bus, [1, 2]);
  await command(stand.bus, "netbox", { attempt: 2, mode: "failed-only" });
  expect((await endOf(stand.bus, "netbox", 2)).data.summary).toMatchObject({ ok: true, items: 2 });
});

test("messages that do not fit their contract become failures, not loops", async () => {
  const stage = numberStage({ items: async () => [], work: async () => made("x") });
  await using _replica = await startReplica(stand, "garbage", [stage]);
  const garbage = new TextEncoder().encode('{"v":2}');
  await stand.bus.publishOnce(commandSubject("vms", "garbage", stageName, 1), garbage);
  await stand.bus.publishOnce(itemSubject("vms", "garbage", stageName, 1, "k"), garbage);
  expect(await endOf(stand.bus, "garbage")).toMatchObject({
    fact: "failed",
    data: { error: { code: "contract_violation", field: "/id" } },
  });
  const [result] = await until(async () => {
    const results = await resultsOf(stand.bus, "garbage");
    return results.length > 0 && results;
  });
  expect(result).toMatchObject({ key: "k", state: "failed", error: { code: "contract_violation" } });
  await until(async () => (await stand.bus.jsm.consumers.info(names.items, "item-vms")).num_ack_pending === 0);
});

test("progress is told at most once a second, and the last word always", async () => {
  const stage = numberStage({
    items: async (ctx) => {
      for (let n = 1; n <= 50; n += 1) ctx.progress(`${n} read`, n, 50);
      return [];
    },
    work: async () => made("x"),
  });
  await using _replica = await startReplica(stand, "telling", [stage]);
  await command(stand.bus, "progress");
  await endOf(stand.bus, "progress");
  const told = await Array.fromAsync(readStored(stand.bus, { filter: "proxbox.evt.progress.*.*.log.telling" }));
  expect(told.map(({ data }) => JSON.parse(new TextDecoder().decode(data)).data)).toEqual([
    { message: "1 read", done: 1, total: 50 },
    { message: "50 read", done: 50, total: 50 },
  ]);
});
