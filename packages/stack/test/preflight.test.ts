import { expect, test } from "bun:test";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkPortIsFree, claimFolder, freePort } from "../src/preflight.ts";

test("a port is refused while something listens on it", async () => {
  const port = await freePort();
  await checkPortIsFree(port, "127.0.0.1");
  const listener = Bun.listen({ hostname: "127.0.0.1", port, socket: { data() {} } });
  await expect(checkPortIsFree(port, "127.0.0.1")).rejects.toThrow(`Port ${port} is taken`);
  listener.stop(true);
});

test("a folder has one holder; that of a dead process is taken over", async () => {
  const folder = await mkdtemp(join(tmpdir(), "proxbox-claim-"));
  const sleeper = Bun.spawn(["sleep", "60"]);
  await writeFile(join(folder, "in-use-by"), String(sleeper.pid));
  await expect(claimFolder(folder)).rejects.toThrow(`in use by process ${sleeper.pid}`);
  sleeper.kill("SIGKILL");
  await sleeper.exited;
  const claim = await claimFolder(folder);
  await claim[Symbol.asyncDispose]();
  await (await claimFolder(folder))[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

test("a folder that cannot be made is one clear sentence", async () => {
  const file = join(tmpdir(), `proxbox-no-folder-${process.pid}`);
  await writeFile(file, "");
  await expect(claimFolder(join(file, "data"))).rejects.toThrow("cannot be written to");
  await rm(file);
});
