import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import type { RunList, RunView } from "@proxbox/contracts/http";
import { createGateway } from "@proxbox/gateway/service";
import { createOrchestrator } from "@proxbox/orchestrator/service";
import { startNatsServer } from "@proxbox/runtime/nats-server";
import { connectGateway, type GatewayClient } from "../src/gateway-client.ts";
import { readStream } from "../src/plugin/sse-reader.ts";

setDefaultTimeout(60_000);

// A stage that nobody works on lasts as long as anybody likes: gateway and orchestrator are all that is needed.
const graceMs = 8_000;
const key = "disconnect-test-key-0123456789abcdef";
let gateway: GatewayClient;
const owned = new AsyncDisposableStack();
beforeAll(async () => {
  const nats = owned.use(await startNatsServer());
  const env = {
    ...{ NATS_URL: nats.url, PORT: "0", PROXBOX_BIND_HOST: "127.0.0.1", PROXBOX_LOG_LEVEL: "silent" },
    ...{ PROXBOX_ENCRYPTION_KEY: "a test key", PROXBOX_DISCONNECT_GRACE_SECONDS: String(graceMs / 1_000) },
  };
  const { signal } = new AbortController();
  const { url } = owned.use(await createGateway(env, signal));
  owned.use(await createOrchestrator(env, signal));
  gateway = await connectGateway(url, key);
  await gateway.call("POST", "/netbox/endpoint", { name: "NetBox", ip_address: "127.0.0.1", token: "0".repeat(40) });
  const login = { username: "root@pam", password: "secret" };
  await gateway.call("POST", "/proxmox/endpoints", {
    name: "pve (nb:1)",
    ip_address: "127.0.0.1",
    port: 8006,
    ...login,
  });
});
afterAll(() => owned.disposeAsync());

/** Reads a stage's stream until it is told to vanish, as a worker that is killed does. */
function read(query: string, vanish?: AbortSignal) {
  const path = `${gateway.url}/virtualization/virtual-machines/create/stream?proxmox_endpoint_ids=1&${query}`;
  const init = { headers: { "x-proxbox-api-key": key }, ...(vanish ? { signal: vanish } : {}) };
  return fetch(path, init).then((response) => readStream(response));
}

const run = (id: string) => gateway.call<RunView>("GET", `/runs/${id}`);

async function until<T>(what: string, look: () => Promise<T | null | undefined | false>): Promise<T> {
  for (const end = Date.now() + 30_000; Date.now() < end; await Bun.sleep(100)) {
    const found = await look();
    if (found) return found;
  }
  throw new Error(`${what} did not come about.`);
}

const newRun = async (before: readonly string[]) =>
  until("A new run", async () => {
    const { runs } = await gateway.call<RunList>("GET", "/runs");
    return runs.find(({ id }) => !before.includes(id))?.id;
  });

test("a run whose reader vanishes is called off after the grace and not before; asked for again within it, it goes on", async () => {
  const first = new AbortController();
  const cut = read("overwrite_vm_role=true", first.signal);
  const id = await newRun([]);
  await until("The run at work", async () => (await run(id)).phase === "running");
  first.abort();
  expect((await cut).outcome.status).toBe(502);

  // The plugin comes back after 8 s; here within the grace all the same.
  await Bun.sleep(graceMs / 2);
  const second = new AbortController();
  const attached = read("overwrite_vm_role=true&run_id=retry", second.signal);
  await Bun.sleep(graceMs + 6_000);
  expect((await run(id)).phase).toBe("running");
  expect((await gateway.call<RunList>("GET", "/runs")).runs).toHaveLength(1);

  const vanishedAt = Date.now();
  second.abort();
  expect((await attached).frames[0]).toMatchObject({ event: "step", data: { status: "started" } });
  const over = await until("The end of the run", async () => {
    const view = await run(id);
    return view.phase === "cancelled" && view;
  });
  expect(Date.now() - vanishedAt).toBeGreaterThanOrEqual(graceMs);
  expect(over.reason).toBe("Called off, because nobody has read its events for 8 seconds. Ask for it again to go on.");
});

test("who reads a run that is called off by hand is told so, and asking again begins anew", async () => {
  const { runs } = await gateway.call<RunList>("GET", "/runs");
  const before = runs.map((entry) => entry.id);
  const reading = read("overwrite_vm_role=false");
  const id = await newRun(before);
  await until("The run at work", async () => (await run(id)).phase === "running");
  await gateway.call("POST", `/runs/${id}/cancel`);
  const { outcome, frames } = await reading;
  expect(outcome.status).toBe(503);
  expect(JSON.stringify(frames.at(-1)?.data)).toContain("Cancelled by request.");
  const again = new AbortController();
  const anew = read("overwrite_vm_role=false", again.signal);
  expect(await newRun([...before, id])).not.toBe(id);
  again.abort();
  await anew;
});
