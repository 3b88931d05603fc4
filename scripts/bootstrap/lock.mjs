import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const patience = 15 * 60_000;

/**
 * Does some work while holding a lock file, so that two starts at once never install over each other. The lock of a
 * process that died is taken over. Throws after a quarter of an hour of waiting.
 * @template T
 * @param {string} path
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withLock(path, work) {
  mkdirSync(dirname(path), { recursive: true });
  const started = Date.now();
  while (!take(path)) {
    if (Date.now() - started > patience)
      throw new Error(`Another start has held ${path} for a quarter of an hour. End it, or remove that file.`);
    await sleep(100);
  }
  try {
    return await work();
  } finally {
    rmSync(path, { force: true });
  }
}

/** @param {string} path */
function take(path) {
  try {
    writeFileSync(path, String(process.pid), { flag: "wx" });
    return true;
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== "EEXIST") throw error;
    if (isAbandoned(path)) rmSync(path, { force: true });
    return false;
  }
}

/** @param {string} path */
function isAbandoned(path) {
  try {
    const holder = Number(readFileSync(path, "utf8"));
    // Between creating the file and writing to it there is an instant in which it is empty.
    if (!holder) return Date.now() - statSync(path).mtimeMs > 5_000;
    process.kill(holder, 0);
    return false;
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === "ESRCH";
  }
}
