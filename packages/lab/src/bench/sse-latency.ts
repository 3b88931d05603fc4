import { join } from "node:path";
import { encode } from "@proxbox/contracts/envelope";
import { RunEvent, StageResult } from "@proxbox/contracts/messages";
import { resultSubject, runEventSubject, runToken } from "@proxbox/contracts/subjects";
import { SyncOptions } from "@proxbox/contracts/sync-options";
import { type Bus, connectBus } from "@proxbox/runtime/bus";
import { envelopeOf } from "@proxbox/runtime/envelopes";
import { createLogger } from "@proxbox/runtime/log";
import { startNatsServer } from "@proxbox/runtime/nats-server";
import { resultOf } from "@proxbox/runtime/results";
import { Value } from "@sinclair/typebox/value";
import { type Bench, percentile, ratio, rounded } from "./figures.ts";
import { benchKey, startGateway } from "./gateway-process.ts";
import { keyOfNow } from "./instant.ts";
import { cpuMsOf, noProc } from "./process-usage.ts";

const author = { svc: "bench", replica: "bench", build: "bench" };
const perSecond = 20;
const objectsPerResult = 50;

/**
 * How long a result takes from its publishing to the clients of the run: one gateway, results at an even pace, clients in a
 * process of their own, each with an HTTP connection.
 */
export const sseLatencyBench: Bench = async (quick) => {
  const results = quick ? 40 : 200;
  await using nats = await startNatsServer();
  const log = createLogger({ service: "bench", replica: "bench", level: "silent" });
  await using bus = await connectBus({ servers: [nats.url], name: "bench" }, log);
  await using gateway = await startGateway(nats.url);
  // The first frames pay for compiling the code.
  await measure(bus, gateway.url, { run: "warm", clients: 1, results: 30 });
  const cases = [];
  for (const clients of [1, 200]) {
    const before = await cpuMsOf([gateway.pid]);
    const latencies = await measure(bus, gateway.url, { run: `sse-${clients}`, clients, results });
    const after = await cpuMsOf([gateway.pid]);
    cases.push({
      clients,
      frames: latencies.length,
      p50_ms: percentile(latencies, 0.5),
      p99_ms: percentile(latencies, 0.99),
      ...(before === null || after === null
        ? { note: noProc }
        : { gateway_cpu_ms_per_frame: rounded((after - before) / latencies.length) }),
    });
  }
  const [one, many] = cases;
  return {
    results_per_second: perSecond,
    objects_per_result: objectsPerResult,
    cases,
    ratio_p50_200_clients_to_1: ratio(many?.p50_ms ?? 0, one?.p50_ms ?? 0),
    ratio_p99_200_clients_to_1: ratio(many?.p99_ms ?? 0, one?.p99_ms ?? 0),
  };
};

type Scenario = { run: string; clients: number; results: number };

/** Milliseconds from publishing to receiving, one for each result and client. */
async function measure(bus: Bus, url: string, { run, clients, results }: Scenario): Promise<number[]> {
  await tellRun(bus, run, "created");
  await using crowd = startClients({
    BENCH_URL: url,
    BENCH_KEY: benchKey,
    BENCH_RUN: run,
    BENCH_CLIENTS: String(clients),
  });
  await crowd.connected;
  const began = performance.now();
  for (let n = 0; n < results; n += 1) {
    await Bun.sleep(Math.max(0, began + (n * 1_000) / perSecond - performance.now()));
    await tellResult(bus, run);
  }
  await tellRun(bus, run, "done");
  return await crowd.latencies;
}

type Crowd = AsyncDisposable & { connected: Promise<void>; latencies: Promise<number[]> };

function startClients(env: Record<string, string>): Crowd {
  const connected = Promise.withResolvers<void>();
  const latencies = Promise.withResolvers<number[]>();
  const fail = (error: Error) => {
    connected.reject(error);
    latencies.reject(error);
  };
  latencies.promise.catch(() => {}); // told by `connected` already when the clients fail before
  const child = Bun.spawn([process.execPath, join(import.meta.dir, "sse-clients.ts")], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "inherit", "inherit"],
    ipc: (message: "connected" | number[]) => {
      if (message === "connected") connected.resolve();
      else latencies.resolve(message);
    },
    onExit: (_child, code) => fail(new Error(`The clients ended early, with code ${code}.`)),
  });
  return {
    connected: connected.promise,
    latencies: latencies.promise,
    [Symbol.asyncDispose]: async () => {
      child.kill();
      await child.exited;
    },
  };
}

async function tellRun(bus: Bus, run: string, fact: "created" | "done"): Promise<void> {
  const subject = runEventSubject(run, 0, fact);
  const options = Value.Default(SyncOptions, {}) as SyncOptions;
  const request = { mode: "graph" as const, stages: ["virtual-machines"], options, origin: "api" };
  const data = fact === "created" ? { request } : { ok: true };
  await bus.publishOnce(
    subject,
    encode(RunEvent, envelopeOf(subject, { run, stage: runToken, attempt: 0 }, author, data)),
  );
}

/** A result as an item of fifty guests has it; its key says when it was published. */
async function tellResult(bus: Bus, run: string): Promise<void> {
  const objects = Array.from({ length: objectsPerResult }, (_, n) => ({
    kind: "virtual-machine",
    name: `guest-${n} (qemu ${100 + n})`,
    outcome: "unchanged" as const,
    id: n + 1,
  }));
  const place = { run, stage: "virtual-machines", attempt: 1 };
  const key = keyOfNow();
  const subject = resultSubject(run, place.stage, place.attempt, key);
  const data = resultOf({ key, endpoint: 1, ms: 1, deliveries: 1 }, { objects });
  await bus.publishOnce(subject, encode(StageResult, envelopeOf(subject, place, author, data)));
}
