import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { capture } from "./child.mjs";

/**
 * Installs what bun.lock names, when node_modules is missing or was installed from another lock or manifest.
 * Throws with what Bun said when it cannot.
 * @param {string} root
 * @param {string} bun
 */
export async function ensureDependencies(root, bun) {
  const stamp = join(root, "node_modules", ".installed-from");
  const wanted = fingerprint(root);
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return;

  console.error("Installing the dependencies with Bun ...");
  const said = await capture(bun, ["install", "--frozen-lockfile"], { cwd: root });
  if (!said.ok) throw new Error(`The dependencies could not be installed.\n${said.output}`);
  writeFileSync(stamp, wanted);
}

/**
 * One hash over the lock and every manifest that the workspace reads.
 * @param {string} root
 */
function fingerprint(root) {
  const folders = ["packages", "services"].flatMap((parent) =>
    readdirSync(join(root, parent)).map((name) => join(parent, name)),
  );
  const manifests = [".", "contracts", ...folders.sort()].map((folder) => join(folder, "package.json"));
  const hash = createHash("sha256");
  for (const file of ["bun.lock", "bunfig.toml", ...manifests]) {
    const path = join(root, file);
    if (existsSync(path)) hash.update(`${file}\0`).update(readFileSync(path)).update("\0");
  }
  return hash.digest("hex");
}
