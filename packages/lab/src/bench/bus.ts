import { join } from "node:path";
import { settingKeys } from "@proxbox/contracts/endpoints";
import { encode } from "@proxbox/contracts/envelope";
import { StageCommand } from "@proxbox/contracts/messages";
import { names } from "@proxbox/contracts/streams";
import { commandSubject, filters } from "@proxbox/contracts/subjects";
import { SyncOptions } from "@proxbox/contracts/sync-options";
import { openBucket } from "@proxbox/runtime/buckets";
import { type Bus, connectBus } from "@proxbox/runtime/bus";
import { envelopeOf } from "@proxbox/runtime/envelopes";
import { createLogger } from "@proxbox/runtime/log";
import { startNatsServer } from "@proxbox/runtime/nats-server";
import { readEvents } from "@proxbox/runtime/reader";
import { ensureStreams } from "@proxbox/runtime/streams";
import { Value } from "@sinclair/typebox/value";
import { type Bench, ratio, rounded } from "./figures.ts";
import { cpuMsOf, noProc } from "./process-usage.ts";

/** What one stage of items that need no work took: time by the bus's own clock, CPU of all instances together. */
type Case = { instances: number; items: number; seconds: number; items_per_second: number; cpu_ms_per_item?: number };

/** Items per second through coordinator, queue, worker and result, with a stage that does nothing. */
export const busBench: Bench = async (quick) => {
  const sizes = quick ? [100, 1_000] : [1_000, 10_000];
  const cases: Case[] = [];
  for (const instances of [1, 3]) cases.push(...(await measure(instances, sizes)));
  const rate = (instances: number, items = sizes.at(-1)) =>
    cases.find((one) => one.instances === instances && one.items === items)?.items_per_second ?? 0;
  return {
    cases,
    ratio_3_instances_to_1: ratio(rate(3), rate(1)),
    [`ratio_${sizes[1]}_items_to_${sizes[0]}`]: ratio(rate(1), rate(1, sizes[0])),
    ...(cases.some((one) => one.cpu_ms_per_item === undefined) ? { note: noProc } : {}),
  };
};

async function measure(instances: number, sizes: readonly number[]): Promise<Case[]> {
  await using nats = await startNatsServer();
  const log = createLogger({ service: "bench", replica: "bench", level: "silent" });
  await using bus = await connectBus({ servers: [nats.url], name: "bench" }, log);
  await ensureStreams(bus);
  await enterNetBox(bus);
  await using replicas = await startReplicas(instances, nats.url);
  // The first items pay for compiling the code.
  await secondsOfStage(bus, "warm", 200);
  const cases: Case[] = [];
  for (const items of sizes) {
    const before = await replicas.cpuMs();
    const seconds = await secondsOfStage(bus, "measured", items);
    const after = await replicas.cpuMs();
    const cpu = before === null || after === null ? {} : { cpu_ms_per_item: rounded((after - before) / items) };
    cases.push({ instances, items, seconds: rounded(seconds), items_per_second: rounded(items / seconds), ...cpu });
  }
  return cases;
}

/** A worker wants to know where NetBox is, though nothing is sent to it. */
async function enterNetBox(bus: Bus): Promise<void> {
  const endpoint = {
    id: 1,
    name: "nowhere",
    ip_address: "192.0.2.1",
    domain: "",
    port: 80,
    token_version: "v1",
    token_key: "",
    token: "",
    verify_ssl: false,
    enabled: true,
  };
  await openBucket(bus, names.settings).put(settingKeys.netbox(1), JSON.stringify(endpoint));
}

type Replicas = AsyncDisposable & { cpuMs(): Promise<number | null> };

async function startReplicas(count: number, natsUrl: string): Promise<Replicas> {
  await using starting = new AsyncDisposableStack();
  const pids: number[] = [];
  for (let replica = 0; replica < count; replica += 1) {
    const ready = Promise.withResolvers<void>();
    const child = Bun.spawn([process.execPath, join(import.meta.dir, "bus-replica.ts")], {
      env: { ...process.env, NATS_URL: natsUrl, PROXBOX_ENCRYPTION_KEY: "bench", PROXBOX_LOG_LEVEL: "warn" },
      stdio: ["ignore", "ignore", "inherit"],
      ipc: () => ready.resolve(),
      onExit: (_child, code) => ready.reject(new Error(`A replica ended with code ${code} before it was ready.`)),
    });
    starting.defer(async () => {
      child.kill("SIGTERM");
      await child.exited;
    });
    pids.push(child.pid);
    await ready.promise;
  }
  const running = starting.move();
  return { cpuMs: () => cpuMsOf(pids), [Symbol.asyncDispose]: () => running.disposeAsync() };
}

async function secondsOfStage(bus: Bus, name: string, items: number): Promise<number> {
  const place = { run: `${name}-${items}`, stage: "storage", attempt: 1 };
  const subject = commandSubject("inventory", place.run, place.stage, place.attempt);
  const by = { svc: "bench", replica: "bench", build: "bench" };
  const options = Value.Default(SyncOptions, {}) as SyncOptions;
  const data = { domain: "inventory", mode: "full" as const, options, blocked: [] };
  await bus.publishOnce(subject, encode(StageCommand, envelopeOf(subject, place, by, data)));
  let started = 0;
  for await (const event of readEvents(bus, { filter: filters.stageFactsOf(place.run), signal: bus.closing })) {
    const fact = event.subject.split(".").at(-1);
    if (fact === "started") started = event.time.getTime();
    if (fact === "done") return (event.time.getTime() - started) / 1_000;
    if (fact === "failed") throw new Error(`The stage failed: ${new TextDecoder().decode(event.data)}`);
  }
  throw new Error("The bus was closed before the stage was done.");
}
