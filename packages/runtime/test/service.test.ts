import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createHealth, serveHealth } from "../src/health.ts";
import { createMetrics } from "../src/metrics.ts";
import { itemKey, loadStages } from "../src/stage.ts";
import { command, configure, endOf, numberStage, type Stand, startReplica, startStand, until } from "./stand.ts";

setDefaultTimeout(30_000);

let stand: Stand;
let folder: string;
beforeAll(async () => {
  stand = await startStand();
  folder = await mkdtemp(join(tmpdir(), "proxbox-service-"));
  await configure(stand.bus, [1]);
});
afterAll(async () => {
  await stand[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

const items = (count: number) => Array.from({ length: count }, (_, n) => ({ key: `n${n}`, endpoint: 1, body: { n } }));

test("a stopping replica finishes what it has in hand and leaves the rest, without a pause for the others", async () => {
  const workedBy = new Map<number, string[]>();
  const stage = numberStage({
    items: async () => items(24),
    work: async ({ n }, ctx) => {
      workedBy.set(n, [...(workedBy.get(n) ?? []), ctx.replica]);
      await Bun.sleep(300);
      return { objects: [] };
    },
  });
  const leaving = await startReplica(stand, "leaving", [stage]);
  await command(stand.bus, "drain");
  await until(() => workedBy.size >= 4);
  const began = performance.now();
  await using _staying = await startReplica(stand, "staying", [stage]);
  await leaving[Symbol.asyncDispose]();
  const { data } = await endOf(stand.bus, "drain");
  // With the ack wait of 30 s, anything that had to be waited for would take far longer.
  expect(performance.now() - began).toBeLessThan(8_000);
  expect(data.summary).toMatchObject({ ok: true, items: 24 });
  expect([...workedBy.values()].every((replicas) => replicas.length === 1)).toBe(true);
  expect(new Set([...workedBy.values()].flat())).toEqual(new Set(["leaving", "staying"]));
});

test("what does not end within the time for draining is given back at once", async () => {
  const begun: string[] = [];
  const stage = numberStage({
    items: async () => items(1),
    work: async (_body, ctx) => {
      begun.push(ctx.replica);
      if (ctx.replica === "staying") return { objects: [] };
      await new Promise((_, reject) => ctx.signal.addEventListener("abort", () => reject(ctx.signal.reason)));
      return { objects: [] };
    },
  });
  const slow = await startReplica(stand, "slow", [stage], { PROXBOX_DRAIN_SECONDS: "1" });
  await command(stand.bus, "deadline");
  await until(() => begun.length === 1);
  const began = performance.now();
  await slow[Symbol.asyncDispose]();
  expect(performance.now() - began).toBeWithin(900, 3_000);
  await using _staying = await startReplica(stand, "staying", [stage]);
  expect((await endOf(stand.bus, "deadline")).data.summary?.ok).toBe(true);
  expect(begun).toEqual(["slow", "staying"]);
});

test("a value shared by a service is made once and disposed with it", async () => {
  const life = { made: 0, ends: [] as string[] };
  const client = () => {
    life.made += 1;
    return { [Symbol.asyncDispose]: async () => void life.ends.push("client") };
  };
  const stage = numberStage({
    items: async () => items(6),
    work: async (_body, ctx) => {
      ctx.shared("client", client);
      return { objects: [] };
    },
  });
  const replica = await startReplica(stand, "sharing", [stage]);
  await command(stand.bus, "shared");
  await endOf(stand.bus, "shared");
  expect(life).toEqual({ made: 1, ends: [] });
  await replica[Symbol.asyncDispose]();
  expect(life).toEqual({ made: 1, ends: ["client"] });
});

test("health lives, readiness gives reasons, metrics are in the registry of the service", async () => {
  let connected: true | string = "The bus is away.";
  const metrics = createMetrics("vms");
  metrics.items.inc({ stage: "devices", state: "ok" }, 3);
  const health = createHealth({
    service: "vms",
    version: "1.2.3",
    metrics,
    checks: { bus: () => connected, key: () => true },
  });
  await using server = serveHealth({ port: 0, host: "127.0.0.1", health });
  const get = (path: string) => fetch(`http://127.0.0.1:${server.port}${path}`);
  expect(await (await get("/health")).json()).toMatchObject({ status: "ok", service: "vms", version: "1.2.3" });
  const away = await get("/ready");
  expect(away.status).toBe(503);
  expect(await away.json()).toMatchObject({ ready: false, reasons: { bus: "The bus is away." } });
  connected = true;
  expect((await get("/ready/")).status).toBe(200);
  const text = await (await get("/metrics")).text();
  expect(text).toContain('proxbox_items_total{stage="devices",state="ok",service="vms"} 3');
  expect(text).toMatch(/proxbox_memory_bytes\{service="vms"\} \d{7,}/);
  expect((await get("/")).status).toBe(404);
  expect(() => serveHealth({ port: server.port, host: "127.0.0.1", health })).toThrow("cannot be used for health");
});

test("stages are found by their folder, and a missing one is named", async () => {
  const dir = join(import.meta.dir, "stages");
  expect((await loadStages("replication", dir)).map(({ name }) => name)).toEqual(["replications"]);
  await expect(loadStages("inventory", dir)).rejects.toMatchObject({
    name: "ConfigError",
    message: expect.stringContaining("The stage devices is in the stage table, but"),
  });
});

test("an item's key is legal, the same every time, and different for different parts", () => {
  expect(itemKey("pve-1", "qemu", 0)).toBe("pve-1_qemu_0");
  expect(itemKey("nøde 1.example.com", 3)).toMatch(/^h-[0-9a-f]{16}$/);
  expect(itemKey("nøde 1", 3)).toBe(itemKey("nøde 1", 3));
  expect(itemKey("a.b", "c")).not.toBe(itemKey("a", "b.c"));
  expect(itemKey("pve-1", "a")).not.toBe(itemKey("pve", "1-a"));
  expect(itemKey("a_b", "c")).not.toBe(itemKey("a", "b_c"));
  expect(itemKey("x".repeat(80))).toMatch(/^h-/);
});

/** Runs a process to its end; `during` gets it and a look at what it has written so far. */
async function runChild(
  file: string,
  env: Record<string, string>,
  during?: (child: Bun.Subprocess, written: () => string) => Promise<void>,
) {
  const child = Bun.spawn([process.execPath, join(import.meta.dir, "children", file)], {
    env: { PATH: process.env.PATH ?? "", NATS_URL: stand.nats.url, PROXBOX_ENCRYPTION_KEY: "k", ...env },
    stdout: "pipe",
    stderr: "pipe",
  });
  let stdout = "";
  const reading = (async () => {
    const decoder = new TextDecoder();
    for await (const chunk of child.stdout) stdout += decoder.decode(chunk, { stream: true });
  })();
  const errors = new Response(child.stderr).text();
  await during?.(child, () => stdout);
  const code = await child.exited;
  await reading;
  return { code, stdout, stderr: await errors };
}

test("a process that cannot start says why in sentences, without a stack, and exits with 1", async () => {
  await stand.vault();
  const bad = await runChild("service.ts", { PROXBOX_ITEM_WORKERS: "many", PROXBOX_LOG_LEVEL: "loud" });
  expect(bad.code).toBe(1);
  expect(bad.stderr).toContain('PROXBOX_ITEM_WORKERS is "many"; it must be a whole number, at least 1, at most 64.');
  expect(bad.stderr).toContain('PROXBOX_LOG_LEVEL is "loud"; it must be one of debug, info, warn, error, silent.');
  const key = await runChild("service.ts", { PROXBOX_ENCRYPTION_KEY: "another" });
  expect(key.code).toBe(1);
  expect(key.stderr).toContain("The encryption key is not the one the stored secrets were encrypted with.");
  const away = await runChild("service.ts", { NATS_URL: "nats://127.0.0.1:9", PROXBOX_NATS_WAIT_SECONDS: "0.3" });
  expect(away.code).toBe(1);
  expect(away.stderr).toContain("nats-server at nats://127.0.0.1:9 does not answer");
  for (const { stderr } of [bad, key, away]) expect(stderr).not.toMatch(/\n\s+at /);
});

test("a process serves health, drains on SIGTERM and exits with 0", async () => {
  const { code, stdout } = await runChild("service.ts", { PROXBOX_HEALTH_PORT: "0" }, async (child) => {
    await until(async () => {
      const consumers = await stand.bus.jsm.consumers.info("PBX_ITEM", "item-replication");
      return consumers.num_waiting >= 4;
    });
    child.kill("SIGTERM");
  });
  expect(code).toBe(0);
  const events = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line).event);
  expect(events).toContain("service.started");
  expect(events.slice(-2)).toEqual(["service.stopping", "service.stopped"]);
});

test("a process that is stopped while it waits for nats-server ends in order", async () => {
  const { code } = await runChild(
    "service.ts",
    { NATS_URL: "nats://127.0.0.1:9", PROXBOX_NATS_WAIT_SECONDS: "0" },
    async (child, written) => {
      await until(() => written().includes("bus.waiting"));
      child.kill("SIGTERM");
    },
  );
  expect(code).toBe(0);
});

test("a rejection that nobody caught is logged and ends the process with 1", async () => {
  const { code, stdout } = await runChild("rejection.ts", {});
  expect(code).toBe(1);
  expect(stdout).toContain("nobody caught this");
});
