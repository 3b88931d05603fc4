import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { encode } from "@proxbox/contracts/envelope";
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
import { type NatsServer, startNatsServer } from "@proxbox/runtime/nats-server";
import { createGateway, type Gateway } from "../src/service.ts";

/** A gateway of our own on a nats-server of our own, with its first key registered. */
export type Bench = AsyncDisposable & {
  nats: NatsServer;
  bus: Bus;
  gateway: Gateway;
  key: string;
  /** The settings of its gateways. */
  env: Record<string, string>;
  /** Starts one more gateway on the same bus; the caller's to dispose. */
  another(env?: Record<string, string>): Promise<Gateway>;
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Response>;
};

export const testKey = randomBytes(24).toString("hex");

export async function startBench(env: Record<string, string> = {}, { registered = true } = {}): Promise<Bench> {
  await using starting = new AsyncDisposableStack();
  const nats = starting.use(await startNatsServer());
  const common: Record<string, string> = {
    NATS_URL: nats.url,
    PORT: "0",
    PROXBOX_BIND_HOST: "127.0.0.1",
    PROXBOX_ENCRYPTION_KEY: "a test key",
    PROXBOX_LOG_LEVEL: "silent",
    PROXBOX_RATE_LIMIT: "100000",
  };
  const another = async (more: Record<string, string> = {}) =>
    createGateway({ ...common, ...env, ...more }, new AbortController().signal);
  const gateway = starting.use(await another());
  const log = createLogger({ service: "test", replica: "t", level: "silent" });
  const bus = starting.use(await connectBus({ servers: [nats.url], name: "test" }, log));
  const call: Bench["call"] = (method, path, body, headers = { "x-proxbox-api-key": testKey }) =>
    fetch(gateway.url + path, {
      method,
      headers,
      redirect: "manual",
      ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
  if (registered) await call("POST", "/auth/register-key", { api_key: testKey });
  const running = starting.move();
  return {
    nats,
    bus,
    gateway,
    key: testKey,
    env: { ...common, ...env },
    another,
    call,
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

/** A gateway as a process of its own, and what it has logged. */
export type SeparateGateway = AsyncDisposable & {
  url: string;
  port: number;
  pid: number;
  log(): string;
  kill(signal: NodeJS.Signals): void;
};

/** Starts a gateway as a process of its own. */
export async function spawnGateway(bench: Bench, level = "info"): Promise<SeparateGateway> {
  const child = Bun.spawn([process.execPath, join(import.meta.dir, "../main.ts")], {
    env: { PATH: process.env.PATH ?? "", ...bench.env, PROXBOX_LOG_LEVEL: level },
    stdout: "pipe",
    stderr: "pipe",
  });
  let log = "";
  const listen = async (output: ReadableStream<Uint8Array>) => {
    for await (const chunk of output) log += new TextDecoder().decode(chunk);
  };
  const ended = Promise.all([listen(child.stdout), listen(child.stderr), child.exited]);
  const portOf = () => Number(/"event":"service.started".*"port":(\d+)/.exec(log)?.[1] ?? 0);
  await eventually(() => portOf() > 0, "the gateway listens");
  return {
    url: `http://127.0.0.1:${portOf()}`,
    port: portOf(),
    pid: child.pid,
    log: () => log,
    kill: (signal) => child.kill(signal),
    [Symbol.asyncDispose]: async () => {
      child.kill();
      await ended;
    },
  };
}

const by = { svc: "test", replica: "t", build: "test" };

/** Says what an orchestrator says of a run. */
export function runFact(
  bus: Bus,
  run: string,
  fact: RunFact,
  data: RunEvent["data"] = {},
  generation = 0,
): Promise<boolean> {
  const subject = runEventSubject(run, generation, fact);
  const place = { run, stage: runToken, attempt: generation };
  return bus.publishOnce(subject, encode(RunEvent, envelopeOf(subject, place, by, data)));
}

/** Says what a coordinator says of a stage. */
export function stageFact(
  bus: Bus,
  run: string,
  stage: string,
  attempt: number,
  fact: StageFact,
  data: StageEvent["data"] = {},
) {
  const subject = stageEventSubject(run, stage, attempt, fact);
  return bus.publishOnce(subject, encode(StageEvent, envelopeOf(subject, { run, stage, attempt }, by, data)));
}

/** Says what a worker says of an item; `padding` characters make it big. */
export function itemResult(
  bus: Bus,
  run: string,
  key: string,
  padding = 0,
  state: StageResult["data"]["state"] = "ok",
) {
  const subject = resultSubject(run, "devices", 1, key);
  const objects = padding > 0 ? [{ kind: "device", name: "x".repeat(padding), outcome: "created" as const }] : [];
  const data = { key, endpoint: 1, state, counts: noCounts(), kinds: {}, objects, omitted: 0, ms: 1, deliveries: 1 };
  const place = { run, stage: "devices", attempt: 1 };
  return bus.publishOnce(subject, encode(StageResult, envelopeOf(subject, place, by, data)));
}

/** A summary as a coordinator makes it. */
export function summary(ok: boolean): NonNullable<StageEvent["data"]["summary"]> {
  return { ok, items: 1, counts: noCounts(), kinds: {}, endpoints: [], errors: [], ms: 1 };
}

/** The JSON of an answer, as what it should be. */
export async function jsonOf<T = Record<string, unknown>>(answer: Response | Promise<Response>): Promise<T> {
  return (await (await answer).json()) as T;
}

/** One frame of server-sent events. */
export type Frame = { id: string | null; event: string; data: Record<string, unknown> };

/** Reads the frames of an answer until it ends; comments are left out. */
export async function* framesOf(response: Response): AsyncGenerator<Frame> {
  let text = "";
  const decoder = new TextDecoder();
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    const blocks = text.split("\n\n");
    text = blocks.pop() ?? "";
    for (const block of blocks) {
      const field = (name: string) =>
        block
          .split("\n")
          .find((line) => line.startsWith(`${name}: `))
          ?.slice(name.length + 2) ?? null;
      const event = field("event");
      if (event) yield { id: field("id"), event, data: JSON.parse(field("data") ?? "null") };
    }
  }
}

/** Reads frames up to and with the first that fits. */
export async function framesUntil(frames: AsyncGenerator<Frame>, fits: (frame: Frame) => boolean): Promise<Frame[]> {
  const found: Frame[] = [];
  for (let next = await frames.next(); !next.done; next = await frames.next()) {
    found.push(next.value);
    if (fits(next.value)) return found;
  }
  throw new Error(`The stream ended after ${found.length} frames.`);
}

/** Waits until something holds; fails after 10 seconds. */
export async function eventually(holds: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`It did not come about that ${what}.`);
    await Bun.sleep(20);
  }
}
