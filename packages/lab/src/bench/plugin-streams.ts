import { join } from "node:path";
import { encode } from "@proxbox/contracts/envelope";
import type { RunList } from "@proxbox/contracts/http";
import { noCounts, RunEvent, StageEvent, StageResult } from "@proxbox/contracts/messages";
import {
  type RunFact,
  resultSubject,
  runEventSubject,
  runToken,
  type StageFact,
  stageEventSubject,
} from "@proxbox/contracts/subjects";
import { type Bus, connectBus } from "@proxbox/runtime/bus";
import { envelopeOf } from "@proxbox/runtime/envelopes";
import { createLogger } from "@proxbox/runtime/log";
import { startNatsServer } from "@proxbox/runtime/nats-server";
import { resultOf } from "@proxbox/runtime/results";
import { type Bench, rounded } from "./figures.ts";
import { benchKey, startGateway } from "./gateway-process.ts";
import { noProc, usageOf } from "./process-usage.ts";

const author = { svc: "bench", replica: "bench", build: "bench" };
const stage = "virtual-machines";
const path = `/virtualization/${stage}/create/stream?sync_task_history=false&sync_vm_network=false`;
const streams = 200;
const objectsPerResult = 50;
/** A thousand objects a second: eight times what a NetBox of two workers takes. */
const resultsPerSecond = 20;

/**
 * What many streams of one stage cost a gateway: 200 of them, from the plugin's path, of one run with results of fifty machines
 * each, twenty a second; readers in a process of their own.
 */
export const pluginStreamsBench: Bench = async (quick) => {
  const results = quick ? 20 : 400;
  await using nats = await startNatsServer();
  const log = createLogger({ service: "bench", replica: "bench", level: "silent" });
  await using bus = await connectBus({ servers: [nats.url], name: "bench" }, log);
  await using gateway = await startGateway(nats.url);
  const { client, pid } = gateway;
  await client.call("POST", "/netbox/endpoint", { name: "NetBox", ip_address: "127.0.0.1", token: "0".repeat(40) });
  const login = { ip_address: "127.0.0.1", port: 8006, username: "root@pam", password: "secret" };
  await client.call("POST", "/proxmox/endpoints", { name: "pve (nb:1)", ...login });

  await using readers = startReaders({ BENCH_URL: gateway.url, BENCH_PATH: path });
  await readers.connected;
  const [run] = (await client.call<RunList>("GET", "/runs")).runs;
  if (!run) throw new Error("The gateway made no run of the streams.");
  const before = await usageOf(pid);
  const began = performance.now();
  await tellRun(bus, run.id, results);
  const read = await readers.read;
  const seconds = (performance.now() - began) / 1_000;
  const after = await usageOf(pid);
  const frames = read.reduce((sum, one) => sum + one.frames, 0);
  const bytes = read.reduce((sum, one) => sum + one.bytes, 0);
  return {
    streams,
    objects: results * objectsPerResult,
    objects_per_second: resultsPerSecond * objectsPerResult,
    frames_per_stream: Math.max(...read.map((one) => one.frames)),
    frames_missing: Math.max(...read.map((one) => one.frames)) * streams - frames,
    frames_per_second: rounded(frames / seconds),
    megabytes: rounded(bytes / 1e6),
    ...(before && after
      ? {
          gateway_cpu_ms_per_1000_frames: rounded(((after.cpuMs - before.cpuMs) / frames) * 1_000),
          gateway_peak_rss_mb: { connected: before.peakRssMb, at_the_end: after.peakRssMb },
        }
      : { note: noProc }),
  };
};

type Read = { bytes: number; frames: number };
type Readers = AsyncDisposable & { connected: Promise<void>; read: Promise<Read[]> };

function startReaders(env: Record<string, string>): Readers {
  const connected = Promise.withResolvers<void>();
  const read = Promise.withResolvers<Read[]>();
  read.promise.catch(() => {}); // told by `connected` already when the readers fail before
  const child = Bun.spawn([process.execPath, join(import.meta.dir, "plugin-readers.ts")], {
    env: { ...process.env, ...env, BENCH_KEY: benchKey, BENCH_CLIENTS: String(streams) },
    stdio: ["ignore", "inherit", "inherit"],
    ipc: (message: "connected" | Read[]) => {
      if (message === "connected") connected.resolve();
      else read.resolve(message);
    },
    onExit: (_child, code) => {
      const error = new Error(`The readers ended early, with code ${code}.`);
      connected.reject(error);
      read.reject(error);
    },
  });
  return {
    connected: connected.promise,
    read: read.promise,
    [Symbol.asyncDispose]: async () => {
      child.kill();
      await child.exited;
    },
  };
}

/** Says what an orchestrator and a service say of a run that makes machines. */
async function tellRun(bus: Bus, run: string, results: number): Promise<void> {
  await tellFact(bus, run, "running");
  await tellStage(bus, run, "started");
  await tellStage(bus, run, "manifest", { manifest: { count: results } });
  const began = performance.now();
  for (let n = 0; n < results; n += 1) {
    await Bun.sleep(Math.max(0, began + (n * 1_000) / resultsPerSecond - performance.now()));
    await tellResult(bus, run, n);
  }
  const counts = { ...noCounts(), created: results * objectsPerResult };
  const kinds = { "virtual-machine": counts };
  await tellStage(bus, run, "done", {
    summary: { ok: true, items: results, counts, kinds, endpoints: [], errors: [], ms: 1 },
  });
  await tellFact(bus, run, "done");
}

async function tellFact(bus: Bus, run: string, fact: RunFact): Promise<void> {
  const subject = runEventSubject(run, 0, fact);
  const place = { run, stage: runToken, attempt: 0 };
  await bus.publishOnce(subject, encode(RunEvent, envelopeOf(subject, place, author, { ok: true })));
}

async function tellStage(bus: Bus, run: string, fact: StageFact, data: StageEvent["data"] = {}): Promise<void> {
  const subject = stageEventSubject(run, stage, 1, fact);
  const place = { run, stage, attempt: 1 };
  await bus.publishOnce(subject, encode(StageEvent, envelopeOf(subject, place, author, data)));
}

async function tellResult(bus: Bus, run: string, n: number): Promise<void> {
  const key = `chunk-${n}`;
  const objects = Array.from({ length: objectsPerResult }, (_, index) => ({
    kind: "virtual-machine",
    name: `guest-${n * objectsPerResult + index} (qemu ${100 + n * objectsPerResult + index})`,
    outcome: "created" as const,
    id: n * objectsPerResult + index + 1,
  }));
  const place = { run, stage, attempt: 1 };
  const subject = resultSubject(run, stage, 1, key);
  const data = resultOf({ key, endpoint: 1, ms: 1, deliveries: 1 }, { objects });
  await bus.publishOnce(subject, encode(StageResult, envelopeOf(subject, place, author, data)));
}
