import { runKeys } from "@proxbox/contracts/endpoints";
import { decode } from "@proxbox/contracts/envelope";
import { type EndpointOutcome, noCounts, StageCommand, type StageEvent } from "@proxbox/contracts/messages";
import { isOver, type RunState } from "@proxbox/contracts/runs";
import { domains, type StageName } from "@proxbox/contracts/stages";
import { consumerNames, names } from "@proxbox/contracts/streams";
import { filters } from "@proxbox/contracts/subjects";
import { SyncOptions } from "@proxbox/contracts/sync-options";
import { type Bucket, openBucket } from "@proxbox/runtime/buckets";
import { type Bus, connectBus } from "@proxbox/runtime/bus";
import { handleDeliveries } from "@proxbox/runtime/deliveries";
import { createLogger, type Logger } from "@proxbox/runtime/log";
import { type NatsServer, startNatsServer } from "@proxbox/runtime/nats-server";
import { readStored } from "@proxbox/runtime/reader";
import { ensureStreams } from "@proxbox/runtime/streams";
import { Value } from "@sinclair/typebox/value";
import { createPublisher, type Publisher } from "../src/publisher.ts";
import { readRun } from "../src/runs/history.ts";
import { createOrchestrator } from "../src/service.ts";

/** What a stage of the fake domain services says at the end of an attempt. */
/** Enough of the table to show every rule: one stage, and two that wait for it. */
export const threeStages: readonly StageName[] = ["devices", "storage", "virtual-machines"];

export type Ending = { fact: "done" | "failed" | "cancelled"; data: StageEvent["data"] };
export type Script = (command: StageCommand, signal: AbortSignal) => Ending | Promise<Ending>;

/** A nats-server with streams, fake domain services, and everything a test does to them. */
export type World = AsyncDisposable & {
  server: NatsServer;
  bus: Bus;
  log: Logger;
  runs: Bucket;
  publisher: Publisher;
  script: Script;
  /** The environment of an orchestrator. */
  env(replica: string): Record<string, string>;
  /** Starts an orchestrator; ends with the world at the latest. */
  orchestrator(replica?: string): Promise<AsyncDisposable>;
  create(run: string, mode?: "strict" | "graph", stages?: readonly string[]): Promise<void>;
  /** Waits until a run fits, by reading its facts again and again. */
  until(run: string, fits: (run: RunState) => boolean): Promise<RunState>;
  over(run: string): Promise<RunState>;
  /** The facts of a run in order, without their prefix: `devices.1.stage.done`. */
  facts(run: string): Promise<string[]>;
};

/** All is well, or so for each endpoint. */
export function done(states: Record<number, EndpointOutcome["state"]> = {}): Ending {
  const endpoints = Object.entries(states).map(([id, state]) => ({ endpoint: Number(id), name: `pve${id}`, state }));
  const ok = endpoints.every((endpoint) => endpoint.state === "ok");
  const summary = { ok, items: 1, counts: noCounts(), kinds: {}, endpoints, errors: [], ms: 1 };
  return { fact: "done", data: { summary } };
}

export function failed(message: string): Ending {
  return { fact: "failed", data: { error: { code: "test", message, retryable: false } } };
}

/** Waits until a condition holds. Throws after some seconds, naming it. */
export async function eventually(what: string, holds: () => Promise<boolean> | boolean, seconds = 15): Promise<void> {
  for (const end = Date.now() + seconds * 1_000; Date.now() < end; await Bun.sleep(25)) {
    if (await holds()) return;
  }
  throw new Error(`${what} did not come about within ${seconds} s.`);
}

export async function createWorld(): Promise<World> {
  await using stack = new AsyncDisposableStack();
  const server = stack.use(await startNatsServer());
  const log = createLogger({ service: "test", replica: "test", level: "silent" });
  const bus = stack.use(await connectBus({ servers: [server.url], name: "test" }, log));
  await ensureStreams(bus, { orchestratorAckWaitSeconds: 2, itemAckWaitSeconds: 2 });
  const runs = openBucket(bus, names.runs);
  const publisher = createPublisher(bus, { svc: "test", replica: "test", build: "test" });
  const orchestrators = stack.use(new AsyncDisposableStack());
  const stop = new AbortController();

  const env = (replica: string) => ({
    NATS_URL: server.url,
    PROXBOX_REPLICA: replica,
    PROXBOX_LOG_LEVEL: "silent",
    PROXBOX_ORCHESTRATOR_ACK_WAIT_SECONDS: "2",
    PROXBOX_ITEM_ACK_WAIT_SECONDS: "2",
  });
  const until: World["until"] = async (run, fits) => {
    let state: RunState | null = null;
    await eventually(`What the test waits for in run ${run}`, async () => {
      state = (await readRun(bus, run))?.run ?? null;
      return state !== null && fits(state);
    });
    return state as unknown as RunState;
  };
  const world: Omit<World, typeof Symbol.asyncDispose> = {
    server,
    bus,
    log,
    runs,
    publisher,
    script: () => done(),
    env,
    orchestrator: async (replica = "one") => orchestrators.use(await createOrchestrator(env(replica), stop.signal)),
    create: async (run, mode = "strict", stages = threeStages) => {
      const request = { mode, stages: [...stages], options: Value.Create(SyncOptions), origin: "test" };
      await publisher.runFact(run, 0, "created", { request });
    },
    until,
    over: (run) => until(run, isOver),
    facts: async (run) => {
      const stored = await Array.fromAsync(readStored(bus, { filter: filters.allOf(run) }));
      return stored.map(({ subject }) => subject.slice(`proxbox.evt.${run}.`.length));
    },
  };

  const workers = domains.map((domain) =>
    handleDeliveries(bus, {
      stream: names.commands,
      consumer: consumerNames.commandsOf(domain),
      concurrency: 2,
      signal: stop.signal,
      log,
      handle: async ({ data }) => {
        const command = decode(StageCommand, data);
        const called = new AbortController();
        const look = setInterval(async () => {
          if (await runs.get(runKeys.cancel(command.run))) called.abort();
        }, 20);
        try {
          const address = { run: command.run, stage: command.stage as StageName, attempt: command.attempt };
          await publisher.stageFact(address, "started");
          const ending = await world.script(command, called.signal);
          await publisher.stageFact(address, ending.fact, ending.data);
        } finally {
          clearInterval(look);
        }
        return "ack";
      },
    }),
  );
  stack.defer(async () => {
    stop.abort();
    await Promise.all(workers);
  });
  const whole = stack.move();
  return Object.assign(world, { [Symbol.asyncDispose]: () => whole.disposeAsync() });
}
