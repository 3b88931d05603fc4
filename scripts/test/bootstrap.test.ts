import { afterAll, beforeAll, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { capture, run } from "../bootstrap/child.mjs";
import { withLock } from "../bootstrap/lock.mjs";
import { fetchArchive } from "../bootstrap/nats-server.mjs";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "proxbox-bootstrap-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

test("two at once do their work one after the other", async () => {
  const lock = join(folder, "lock");
  const seen: string[] = [];
  const work = (name: string) => async () => {
    seen.push(`${name} begins`);
    await Bun.sleep(150);
    seen.push(`${name} ends`);
  };
  await Promise.all([withLock(lock, work("first")), withLock(lock, work("second"))]);
  expect(seen).toEqual(["first begins", "first ends", "second begins", "second ends"]);
  expect(existsSync(lock)).toBe(false);
});

test("the lock of a process that died is taken over", async () => {
  const lock = join(folder, "lock");
  const child = Bun.spawn(["true"]);
  await child.exited;
  writeFileSync(lock, String(child.pid));
  expect(await withLock(lock, async () => readFileSync(lock, "utf8"))).toBe(String(process.pid));
});

test("an exit code is passed on, and a process left behind is named and ended", async () => {
  const ended = await run("sh", ["-c", "sleep 61 & exit 3"], { cwd: folder });
  expect(ended.code).toBe(3);
  expect(ended.left).toHaveLength(1);
  expect(ended.left[0]).toContain("sleep 61");
  const pid = Number(ended.left[0]?.split(" ")[0]);
  while (isRunning(pid)) await Bun.sleep(10);
});

test("a program that does not exist is an answer, not a crash", async () => {
  expect(await capture("no-such-program-here", [])).toMatchObject({ ok: false });
});

test("an archive is unpacked when its checksum is right, and refused when it is not", async () => {
  const name = "nats-server-v1.2.3-made-here";
  mkdirSync(join(folder, name));
  writeFileSync(join(folder, name, "nats-server"), "#!/bin/sh\n");
  chmodSync(join(folder, name, "nats-server"), 0o755);
  await capture("tar", ["-czf", "served.tar.gz", name], { cwd: folder });
  const bytes = readFileSync(join(folder, "served.tar.gz"));
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch: ({ url }) =>
      new URL(url).pathname === `/v1.2.3/${name}.tar.gz` ? new Response(bytes) : new Response(null, { status: 404 }),
  });
  const release = (sha256: string) => ({
    version: "1.2.3",
    source: `http://127.0.0.1:${server.port}`,
    archives: { [`${process.platform}-${process.arch}`]: { name: "made-here", sha256 } },
  });
  const right = createHash("sha256").update(bytes).digest("hex");
  const target = mkdtempSync(join(folder, "target-"));
  expect(await fetchArchive(target, release(right))).toBe(join(target, name, "nats-server"));
  expect(existsSync(join(target, name, "nats-server"))).toBe(true);
  expect(await fetchArchive(target, release(right.replace(/^./, "x")))).toBeNull();
  expect(await fetchArchive(target, { ...release(right), version: "9.9.9" })).toBeNull();
  await server.stop(true);
  expect(await fetchArchive(target, release(right))).toBeNull();
});

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
