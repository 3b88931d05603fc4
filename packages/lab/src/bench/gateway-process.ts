import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "@proxbox/stack/preflight";
import { programOf } from "@proxbox/stack/services";
import { connectGateway, type GatewayClient } from "../gateway-client.ts";

/** The key of the gateways that benchmarks start. */
export const benchKey = "bench-key-0123456789abcdef0123456789abcd";

/** A gateway as a process of its own. */
export type GatewayProcess = AsyncDisposable & { url: string; pid: number; client: GatewayClient };

/** Starts a gateway on a bus, with its key registered. Throws Error when it ends before it is ready. */
export async function startGateway(natsUrl: string): Promise<GatewayProcess> {
  await using starting = new AsyncDisposableStack();
  const data = await mkdtemp(join(tmpdir(), "proxbox-bench-"));
  starting.defer(() => rm(data, { recursive: true, force: true }));
  const port = String(await freePort());
  const child = Bun.spawn([process.execPath, programOf("gateway")], {
    env: {
      ...process.env,
      NATS_URL: natsUrl,
      PORT: port,
      PROXBOX_BIND_HOST: "127.0.0.1",
      PROXBOX_ENCRYPTION_KEY_FILE: join(data, "encryption.key"),
      PROXBOX_LOG_LEVEL: "warn",
      PROXBOX_RATE_LIMIT: "100000",
    },
    stdio: ["ignore", "ignore", "inherit"],
  });
  starting.defer(async () => {
    child.kill("SIGTERM");
    await child.exited;
  });
  const url = `http://127.0.0.1:${port}`;
  while (!(await isReady(url))) {
    if (child.exitCode !== null) throw new Error(`The gateway ended with code ${child.exitCode}.`);
    await Bun.sleep(50);
  }
  const client = await connectGateway(url, benchKey);
  const running = starting.move();
  return { url, pid: child.pid, client, [Symbol.asyncDispose]: () => running.disposeAsync() };
}

async function isReady(url: string): Promise<boolean> {
  const answer = await fetch(`${url}/ready`).catch(() => null);
  return answer?.ok ?? false;
}
