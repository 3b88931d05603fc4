import { join } from "node:path";
import { run } from "./bootstrap/child.mjs";

/** @typedef {import("./run.mjs").Workbench} Workbench */

/**
 * The checks that need no test runner, in the order they are made.
 * @param {Workbench} bench
 */
export function checksOf({ root, bun }) {
  return [
    {
      name: "format, lint and import rules",
      command: [join(root, "node_modules/.bin/biome"), "ci", "--error-on-warnings"],
    },
    { name: "types", command: [join(root, "node_modules/.bin/tsc"), "--noEmit"] },
    { name: "contract snapshot", command: [bun, "contracts/scripts/export.ts", "--check"] },
  ];
}

/**
 * Makes every check, the later ones also when an earlier one failed, and names those that did. Throws when stopped.
 * @param {Workbench} bench
 * @returns {Promise<{ passed: number, failed: string[] }>}
 */
export async function makeChecks(bench) {
  let passed = 0;
  /** @type {string[]} */
  const failed = [];
  for (const { name, command } of checksOf(bench)) {
    const [program = "", ...args] = command;
    const ended = await run(program, args, { cwd: bench.root, env: bench.env });
    if (ended.signal) throw new Error(`Stopped by ${ended.signal}.`);
    console.log(`check: ${name}: ${ended.code === 0 ? "ok" : "FAILED"}`);
    if (ended.code === 0) passed += 1;
    else failed.push(name);
  }
  return { passed, failed };
}

/**
 * `npm run check`.
 * @param {Workbench} bench
 */
export async function check(bench) {
  const { failed } = await makeChecks(bench);
  return failed.length === 0 ? 0 : 1;
}
