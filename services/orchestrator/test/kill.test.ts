import { expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { isOver } from "@proxbox/contracts/runs";
import { names } from "@proxbox/contracts/streams";
import { readRun } from "../src/runs/history.ts";
import { createWorld, done } from "./world.ts";

setDefaultTimeout(60_000);

const main = join(import.meta.dir, "..", "main.ts");

function freePort(): number {
  const server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response() });
  const port = server.port ?? 0;
  void server.stop(true);
  return port;
}

async function isReady(port: number): Promise<void> {
  const ready = () => fetch(`http://127.0.0.1:${port}/ready`).then((response) => response.ok);
  while (!(await ready().catch(() => false))) await Bun.sleep(50);
}

test("kill -9 of orchestrator processes and of nats-server at any moment: every run ends, each stage is commanded once", async () => {
  await using world = await createWorld();
  world.script = async () => {
    await Bun.sleep(150 * Math.random());
    return done();
  };
  const port = freePort();
  const start = () =>
    Bun.spawn([process.execPath, main], {
      env: { PATH: process.env.PATH ?? "", ...world.env("killed"), PROXBOX_HEALTH_PORT: String(port) },
      stdout: "ignore",
      stderr: "inherit",
    });
  const ids = Array.from({ length: 6 }, (_, index) => `kill-${index}`);
  for (const id of ids) await world.create(id, Math.random() < 0.5 ? "strict" : "graph");
  let child = start();
  const allOver = async () =>
    (await Promise.all(ids.map((id) => readRun(world.bus, id)))).every((history) => history && isOver(history.run));
  for (let round = 0; !(await allOver()); round += 1) {
    expect(round).toBeLessThan(100);
    await Bun.sleep(300 + 500 * Math.random());
    child.kill("SIGKILL");
    await child.exited;
    if (round % 3 === 1) {
      await world.server.kill("SIGKILL");
      await world.server.restart();
    }
    child = start();
  }
  // Before it is ready, its handler for the signal may not be in place.
  await isReady(port);
  child.kill("SIGTERM");
  expect(await child.exited).toBe(0);
  for (const id of ids) {
    const state = await world.over(id);
    expect(state).toMatchObject({ phase: "done", stages: [{ attempt: 1 }, { attempt: 1 }, { attempt: 1 }] });
  }
  expect((await world.bus.jsm.streams.info(names.commands)).state.messages).toBe(3 * ids.length);
});
