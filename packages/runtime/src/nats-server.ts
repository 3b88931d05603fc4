import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { ConfigError } from "./errors.ts";

/** Where a nats-server of our own keeps its data and listens; left out: a temporary folder and a free port. */
export type NatsServerOptions = { binary?: string; storeDir?: string; port?: number; host?: string };

/** A nats-server with JetStream that this process started. Disposing it ends it and removes a temporary folder. */
export type NatsServer = AsyncDisposable & {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  /** e.g. `2.15.1`. */
  readonly version: string;
  /** Sends a signal to this server only and waits until it has ended. */
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** Starts it again on the same port with the same data; ends it first when it still runs. */
  restart(): Promise<void>;
  /** Resolves with the exit code when the server ends, by whatever cause. */
  ended(): Promise<number>;
};

/**
 * Starts a nats-server and waits until its JetStream answers.
 * Throws ConfigError when there is no binary, or when it does not start (with its last words).
 */
export async function startNatsServer(options: NatsServerOptions = {}): Promise<NatsServer> {
  const binary = options.binary ?? findNatsServer();
  const version = await versionOf(binary);
  const temporary = await mkdtemp(join(tmpdir(), "proxbox-nats-"));
  const storeDir = options.storeDir ?? join(temporary, "store");
  const host = options.host ?? "127.0.0.1";
  const port = options.port || (await freePort());
  const config = join(temporary, "nats.conf");
  const start = async () => {
    const healthPort = await freePort();
    await writeFile(config, configText({ host, port, healthPort, storeDir, version }));
    const child = Bun.spawn([binary, "-c", config], { stdin: "ignore", stdout: "ignore", stderr: "pipe" });
    const output = lastWords(child.stderr);
    if (await healthy(child, healthPort)) return child;
    child.kill("SIGKILL");
    await child.exited;
    throw new ConfigError("nats_failed", `${binary} did not start on port ${port}: ${await output}`, {
      next: "Check that the port is free and that the data folder can be written.",
    });
  };
  const removeTemporary = () => rm(temporary, { recursive: true, force: true });
  let child = await start().catch(async (error) => {
    await removeTemporary();
    throw error;
  });
  const kill = async (signal: NodeJS.Signals = "SIGTERM") => {
    child.kill(signal);
    await child.exited;
  };
  return {
    url: `nats://${host}:${port}`,
    port,
    version,
    get pid() {
      return child.pid;
    },
    kill,
    restart: async () => {
      await kill("SIGTERM");
      child = await start();
    },
    ended: () => child.exited,
    [Symbol.asyncDispose]: async () => {
      const slow = setTimeout(() => child.kill("SIGKILL"), 5_000);
      await kill("SIGTERM");
      clearTimeout(slow);
      await removeTemporary();
    },
  };
}

/** Finds the nats-server binary: NATS_SERVER_BIN, PATH, /usr/sbin, `.tools` of the project. Throws ConfigError. */
export function findNatsServer(): string {
  const root = dirname(dirname(dirname(import.meta.dir)));
  const places = [
    process.env.NATS_SERVER_BIN,
    Bun.which("nats-server"),
    "/usr/sbin/nats-server",
    join(root, ".tools", "nats-server"),
  ];
  const found = places.find((place) => place && existsSync(place));
  if (found) return found;
  throw new ConfigError("nats_missing", "There is no nats-server on this machine.", {
    next: "Install nats-server (2.10 or later), or set NATS_SERVER_BIN to its path.",
  });
}

type ConfigValues = { host: string; port: number; healthPort: number; storeDir: string; version: string };

function configText({ host, port, healthPort, storeDir, version }: ConfigValues): string {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  // Before 2.10 the server does not know the setting and would not start.
  const sync = major > 2 || minor >= 10 ? ', sync_interval: "10s"' : "";
  return [
    `listen: "${host}:${port}"`,
    `http: "127.0.0.1:${healthPort}"`,
    "max_payload: 1MB",
    'ping_interval: "20s"',
    'write_deadline: "10s"',
    `jetstream { store_dir: ${JSON.stringify(storeDir)}${sync} }`,
    "",
  ].join("\n");
}

async function versionOf(binary: string): Promise<string> {
  let cause: unknown;
  try {
    const version = /nats-server.*?(\d+\.\d+\.\d+)/.exec(Bun.spawnSync([binary, "--version"]).stdout.toString())?.[1];
    if (version) return version;
  } catch (thrown) {
    cause = thrown;
  }
  throw new ConfigError("nats_missing", `${binary} is not a nats-server that runs on this machine.`, {
    next: "Install nats-server (2.10 or later), or set NATS_SERVER_BIN to its path.",
    cause,
  });
}

async function freePort(): Promise<number> {
  const server = createServer();
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  server.once("error", reject);
  server.listen(0, "127.0.0.1", () => {
    const address = server.address();
    server.close(() => resolve(typeof address === "object" && address ? address.port : 0));
  });
  return promise;
}

async function healthy(child: Bun.Subprocess, port: number): Promise<boolean> {
  const deadline = Date.now() + 20_000;
  while (Date.now() < deadline && child.exitCode === null) {
    try {
      const answer = await fetch(`http://127.0.0.1:${port}/healthz?js-enabled-only=true`);
      if (answer.ok) return true;
    } catch {
      // Not listening yet.
    }
    await Bun.sleep(20);
  }
  return false;
}

async function lastWords(stream: ReadableStream<Uint8Array>): Promise<string> {
  let text = "";
  const decoder = new TextDecoder();
  for await (const chunk of stream) text = (text + decoder.decode(chunk)).slice(-500);
  const lines = text.trim().split("\n");
  return lines[lines.length - 1]?.replace(/^\[\d+\] \S+ \S+ /, "") ?? "";
}
