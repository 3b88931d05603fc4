import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { ConfigError } from "@proxbox/runtime/errors";

/** Throws ConfigError when something listens on a port already. The service that takes it has the last word. */
export async function checkPortIsFree(port: number, host: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const probe = createServer();
  probe.once("error", reject);
  probe.listen({ port, host, exclusive: true }, () => probe.close(() => resolve()));
  try {
    await promise;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "EADDRINUSE") return;
    throw new ConfigError("port_taken", `Port ${port} is taken by another program.`, {
      next: "Stop that program, or choose another port with --http-port.",
      cause,
    });
  }
}

/** A port that nothing listens on at this moment. */
export async function freePort(): Promise<number> {
  const listener = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
  const { port } = listener;
  listener.stop(true);
  return port;
}

/**
 * Claims a data folder for this process until disposed, because two nats-servers on one folder would ruin it. The claim
 * of a process that died is taken over. Throws ConfigError when a living process has the folder.
 */
export async function claimFolder(folder: string): Promise<AsyncDisposable> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw unusable(folder, cause);
  }
  const claim = join(folder, "in-use-by");
  while (true) {
    try {
      await writeFile(claim, String(process.pid), { flag: "wx" });
      return { [Symbol.asyncDispose]: () => rm(claim, { force: true }) };
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== "EEXIST") throw unusable(folder, cause);
      const holder = Number(await readFile(claim, "utf8").catch(() => ""));
      if (isAlive(holder)) {
        throw new ConfigError("folder_in_use", `The data folder ${folder} is in use by process ${holder}.`, {
          next: "Stop that process, or choose another folder with --data.",
          cause,
        });
      }
      await rm(claim, { force: true });
    }
  }
}

function unusable(folder: string, cause: unknown): ConfigError {
  return new ConfigError("folder_unusable", `The data folder ${folder} cannot be written to.`, {
    next: "Correct its permissions, or choose another folder with --data.",
    cause,
  });
}

function isAlive(pid: number): boolean {
  // Our own number: in a container every start has the same one, so the claim is that of an earlier start.
  if (!pid || pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
