import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { superviseNats } from "../src/supervised-nats.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "proxbox-supervised-"));
});
afterAll(() => rm(folder, { recursive: true }));

test("a server that is killed is back on its port, again and again", async () => {
  const deaths: number[] = [];
  await using nats = await superviseNats({ storeDir: folder }, (code) => deaths.push(code));
  const { url } = nats.server;
  for (let round = 1; round <= 3; round += 1) {
    const { pid } = nats.server;
    process.kill(pid, "SIGKILL");
    while (nats.restarts < round) await Bun.sleep(10);
    expect(nats.server.pid).not.toBe(pid);
    expect(nats.server.url).toBe(url);
  }
  expect(deaths).toHaveLength(3);
});

test("disposing it ends it for good", async () => {
  const nats = await superviseNats({ storeDir: folder });
  const { pid } = nats.server;
  await nats[Symbol.asyncDispose]();
  expect(() => process.kill(pid, 0)).toThrow();
  expect(nats.restarts).toBe(0);
});
