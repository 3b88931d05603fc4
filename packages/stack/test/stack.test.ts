import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../src/preflight.ts";
import { startProcesses } from "../src/processes.ts";
import { startStack } from "../src/stack.ts";

const env = { PROXBOX_LOG_LEVEL: "warn", PROXBOX_BIND_HOST: "127.0.0.1", PROXBOX_DRAIN_SECONDS: "2" };
const { signal } = new AbortController();
let dataDir: string;
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "proxbox-stack-"));
});
afterAll(() => rm(dataDir, { recursive: true }));

test("every service starts in one process, stops, and finds its data again", async () => {
  for (let start = 0; start < 2; start += 1) {
    const port = await freePort();
    await using stack = await startStack({ env: { ...env, PORT: String(port) }, dataDir, signal });
    expect((await fetch(`http://127.0.0.1:${port}/ready`)).status).toBe(200);
    expect((await stat(join(dataDir, "encryption.key"))).mode & 0o777).toBe(0o600);
    expect(stack.nats?.restarts).toBe(0);
  }
});

test("a folder in use and a service that cannot start leave nothing running", async () => {
  const port = await freePort();
  await expect(startStack({ env: { ...env, PORT: "nonsense" }, dataDir, signal })).rejects.toThrow(
    /^PORT is "nonsense"/,
  );
  await using stack = await startStack({ env: { ...env, PORT: String(port) }, dataDir, signal });
  expect(stack.natsUrl).toStartWith("nats://127.0.0.1:");
});

test("as processes, whatever is killed is back, and the gateway answers again", async () => {
  await using processes = await startProcesses({ env, dataDir, replicas: { vms: 2 } });
  processes.kill("vms", "SIGKILL", 1);
  processes.kill("gateway", "SIGKILL");
  process.kill(processes.nats.server.pid, "SIGKILL");
  while (processes.restarts < 3) await Bun.sleep(20);
  while (!(await isReady(processes.url))) await Bun.sleep(50);
  expect(processes.restarts).toBe(3);
  expect(() => processes.kill("vms", "SIGKILL", 2)).toThrow("no replica 2 of vms");
}, 60_000);

test("a process that cannot start says why", async () => {
  const starting = startProcesses({ env: { ...env, PROXBOX_ITEM_WORKERS: "none" }, dataDir });
  await expect(starting).rejects.toThrow(/-0 did not get ready: PROXBOX_ITEM_WORKERS is "none"/);
}, 60_000);

async function isReady(url: string): Promise<boolean> {
  return fetch(`${url}/ready`).then(
    (answer) => answer.ok,
    () => false,
  );
}
