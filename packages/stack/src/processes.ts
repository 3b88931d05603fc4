import { closeSync, mkdirSync, openSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Environment } from "@proxbox/runtime/config";
import { ConfigError } from "@proxbox/runtime/errors";
import { freePort } from "./preflight.ts";
import { programOf, type ServiceName, serviceNames } from "./services.ts";
import { type SupervisedNats, superviseNats } from "./supervised-nats.ts";

/** Which services to start as processes of their own, and how many of each. */
export type ProcessesOptions = {
  /** Replicas by service; default: one of each. */
  replicas?: Partial<Record<ServiceName, number>>;
  env: Environment;
  /** Folder for the nats-server's data, the key file and one log per process. */
  dataDir: string;
};

/** Services at work in processes of their own, each started again at once when it dies. */
export type Processes = AsyncDisposable & {
  readonly natsUrl: string;
  readonly nats: SupervisedNats;
  /** Where the gateway listens. */
  readonly url: string;
  /** Sends a signal to the present process of a service's replica (counted from 0) and returns its process id. */
  kill(service: ServiceName, signal: NodeJS.Signals, replica?: number): number;
  /** The present process id of a service's replica (counted from 0). */
  pid(service: ServiceName, replica?: number): number;
  /** How often any process was started again. */
  readonly restarts: number;
};

type Supervised = AsyncDisposable & { child: () => Bun.Subprocess; restarts: () => number };

/**
 * Starts a nats-server and services as separate processes under a supervisor, and waits until all are ready.
 * Throws ConfigError, with the process's last words, when one is not ready within a minute.
 */
export async function startProcesses({ replicas = {}, env, dataDir }: ProcessesOptions): Promise<Processes> {
  await using owned = new AsyncDisposableStack();
  mkdirSync(join(dataDir, "logs"), { recursive: true });
  const nats = owned.use(await superviseNats({ storeDir: join(dataDir, "nats") }));
  const natsUrl = nats.server.url;
  const port = env.PORT ?? String(await freePort());
  const running = new Map<string, Supervised>();
  owned.defer(async () => {
    await Promise.all([...running.values()].map((one) => one[Symbol.asyncDispose]()));
  });
  const settings = { ...process.env, PROXBOX_ENCRYPTION_KEY_FILE: join(dataDir, "encryption.key"), ...env };
  const ready: Promise<void>[] = [];
  for (const service of serviceNames) {
    for (let replica = 0; replica < (replicas[service] ?? 1); replica += 1) {
      const name = `${service}-${replica}`;
      const healthPort = service === "gateway" ? port : String(await freePort());
      const log = join(dataDir, "logs", `${name}.log`);
      const own = { ...settings, NATS_URL: natsUrl, PORT: port, PROXBOX_HEALTH_PORT: healthPort };
      if (service === "gateway") own.PROXBOX_HEALTH_PORT = "";
      const one = supervise([process.execPath, programOf(service)], own, log);
      running.set(name, one);
      ready.push(waitUntilReady(name, one, healthPort, log));
    }
  }
  await Promise.all(ready);
  const childOf = (service: ServiceName, replica: number) => {
    const child = running.get(`${service}-${replica}`)?.child();
    if (!child) throw new RangeError(`There is no replica ${replica} of ${service}.`);
    return child;
  };
  const kept = owned.move();
  return {
    natsUrl,
    nats,
    url: `http://127.0.0.1:${port}`,
    kill: (service, signal, replica = 0) => {
      const child = childOf(service, replica);
      child.kill(signal);
      return child.pid;
    },
    pid: (service, replica = 0) => childOf(service, replica).pid,
    get restarts() {
      return [...running.values()].reduce((sum, one) => sum + one.restarts(), nats.restarts);
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

function supervise(command: string[], env: Environment, log: string): Supervised {
  let stopping = false;
  let restarts = 0;
  const spawn = () => {
    const output = openSync(log, "a");
    try {
      return Bun.spawn(command, { env, stdin: "ignore", stdout: output, stderr: output });
    } finally {
      closeSync(output);
    }
  };
  let child = spawn();
  const watch = async () => {
    while (true) {
      const started = Date.now();
      await child.exited;
      // One that cannot start at all must not be started a hundred times a second.
      if (!stopping && Date.now() - started < 300) await Bun.sleep(300);
      if (stopping) return;
      restarts += 1;
      child = spawn();
    }
  };
  const watching = watch();
  return {
    child: () => child,
    restarts: () => restarts,
    [Symbol.asyncDispose]: async () => {
      stopping = true;
      const slow = setTimeout(() => child.kill("SIGKILL"), 30_000);
      child.kill("SIGTERM");
      await watching;
      clearTimeout(slow);
    },
  };
}

async function waitUntilReady(name: string, one: Supervised, port: string, log: string): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (Date.now() < deadline && one.restarts() === 0) {
    try {
      const answer = await fetch(`http://127.0.0.1:${port}/ready`, { signal: AbortSignal.timeout(2_000) });
      if (answer.ok) return;
    } catch {
      // Not listening yet.
    }
    await Bun.sleep(50);
  }
  const words = (await readFile(log, "utf8")).trim().split("\n").slice(-2).join(" ");
  throw new ConfigError("service_not_ready", `${name} did not get ready: ${words || "it said nothing"}`, {
    next: `See ${log}.`,
  });
}
