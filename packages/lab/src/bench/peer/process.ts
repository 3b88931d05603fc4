import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "@proxbox/stack/preflight";
import { connectGateway, type GatewayClient } from "../../gateway-client.ts";

/** A running proxbox-api, and a client whose key it has. */
export type PeerProcess = AsyncDisposable & { readonly client: GatewayClient };

const key = "peer-key-0123456789abcdef0123456789abcdef";

// Its imports alone take half a minute the first time.
const patienceMs = 180_000;

/**
 * Starts proxbox-api with its defaults, but for the limit of requests of one caller, in a folder of its own that goes
 * with it. Throws Error, with the last it said, when it does not answer.
 */
export async function startPeer(python: string): Promise<PeerProcess> {
  await using owned = new AsyncDisposableStack();
  const home = await mkdtemp(join(tmpdir(), "proxbox-peer-"));
  owned.defer(() => rm(home, { recursive: true, force: true }));
  const port = await freePort();
  const log = join(home, "peer.log");
  const child = Bun.spawn(
    [python, "-m", "uvicorn", "proxbox_api.main:app", "--host", "127.0.0.1", "--port", String(port)],
    {
      cwd: home,
      env: {
        PATH: process.env.PATH ?? "",
        HOME: home,
        PROXBOX_DATABASE_PATH: join(home, "peer.db"),
        PROXBOX_ENCRYPTION_KEY: key,
        PROXBOX_RATE_LIMIT: "1000000",
        PROXBOX_LOG_LEVEL: "WARNING",
      },
      stdout: Bun.file(log),
      stderr: Bun.file(log),
    },
  );
  owned.defer(async () => {
    child.kill();
    await child.exited;
  });
  const url = `http://127.0.0.1:${port}`;
  const until = performance.now() + patienceMs;
  while (!(await answers(url))) {
    if (child.exitCode === null && performance.now() < until) await Bun.sleep(200);
    else throw new Error(`proxbox-api does not answer. The last it said: ${(await Bun.file(log).text()).slice(-500)}`);
  }
  const client = await connectGateway(url, key);
  const kept = owned.move();
  return { client, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

/** Some releases call themselves unready until they know a NetBox. */
async function answers(url: string): Promise<boolean> {
  return await fetch(`${url}/`).then(
    (response) => response.ok,
    () => false,
  );
}
