import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type NatsServer, startNatsServer } from "@proxbox/runtime/nats-server";
import { freePort } from "../src/preflight.ts";
import { startProcesses } from "../src/processes.ts";
import { programOf, type ServiceName } from "../src/services.ts";

// What a person sees who starts a process wrongly: a sentence and what to do, exit code 1, no stack.
let folder: string;
let nats: NatsServer;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "proxbox-refusals-"));
  nats = await startNatsServer();
});
afterAll(async () => {
  await nats[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

test("a setting that is wrong: every one is named", async () => {
  const said = await refusal("vms", { PROXBOX_ITEM_WORKERS: "many", PROXBOX_LOG_LEVEL: "loud" });
  expect(said).toHaveLength(3);
  expect(said[0]).toStartWith('PROXBOX_LOG_LEVEL is "loud"; it must be one of');
  expect(said[1]).toStartWith('PROXBOX_ITEM_WORKERS is "many"; it must be a whole number');
}, 30_000);

test("no nats-server", async () => {
  const url = `nats://127.0.0.1:${await freePort()}`;
  const said = await refusal("orchestrator", { NATS_URL: url, PROXBOX_NATS_WAIT_SECONDS: "1" });
  expect(said[0]).toStartWith(`nats-server at ${url} does not answer`);
}, 30_000);

test("another key than that of the stored secrets, and a second gateway on one port", async () => {
  const port = String(await freePort());
  await using first = await startProcesses({
    env: { PORT: port, PROXBOX_BIND_HOST: "127.0.0.1", PROXBOX_LOG_LEVEL: "silent", PROXBOX_DRAIN_SECONDS: "1" },
    dataDir: folder,
  });
  const env = { NATS_URL: first.natsUrl, PROXBOX_BIND_HOST: "127.0.0.1" };
  const wrongKey = await refusal("inventory", { ...env, PROXBOX_ENCRYPTION_KEY: "another key" });
  expect(wrongKey[0]).toStartWith("The encryption key is not the one the stored secrets were encrypted with.");
  const key = join(folder, "encryption.key");
  const taken = await refusal("gateway", { ...env, PROXBOX_ENCRYPTION_KEY_FILE: key, PORT: port });
  expect(taken[0]).toStartWith(`The gateway cannot listen on 127.0.0.1 port ${port}`);
}, 60_000);

/** Starts a service, waits for its end, and returns what it wrote to standard error. */
async function refusal(service: ServiceName, env: Record<string, string>): Promise<string[]> {
  const child = Bun.spawn([process.execPath, programOf(service)], {
    env: { ...process.env, NATS_URL: nats.url, PROXBOX_ENCRYPTION_KEY_FILE: join(folder, "other.key"), ...env },
    stdout: "ignore",
    stderr: "pipe",
  });
  const [code, words] = await Promise.all([child.exited, child.stderr.text()]);
  expect(code, words).toBe(1);
  expect(words).not.toContain("    at ");
  return words.trim().split("\n");
}
