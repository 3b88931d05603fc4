import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";

/**
 * Does some work in a folder of its own under `.tools`, which is gone afterwards; so are those that interrupted starts
 * left. The caller holds the lock, so nobody works in them.
 * @template T
 * @param {string} root
 * @param {(folder: string) => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function inWorkFolder(root, work) {
  const tools = join(root, ".tools");
  for (const name of readdirSync(tools).filter((name) => name.startsWith("fetching-"))) remove(join(tools, name));
  const folder = mkdtempSync(join(tools, "fetching-"));
  try {
    return await work(folder);
  } finally {
    remove(folder);
  }
}

/** @param {string} folder */
function remove(folder) {
  rmSync(folder, { recursive: true, force: true });
}
