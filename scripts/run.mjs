#!/usr/bin/env node
// The door every `npm run` command goes through. Needs nothing but Node: it brings Bun, the dependencies and
// nats-server when they are missing, then runs the command in their place and passes its exit code on.
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { ensureBun } from "./bootstrap/bun.mjs";
import { run } from "./bootstrap/child.mjs";
import { ensureDependencies } from "./bootstrap/dependencies.mjs";
import { withLock } from "./bootstrap/lock.mjs";
import { ensureNatsServer } from "./bootstrap/nats-server.mjs";
import { check } from "./check.mjs";
import { test } from "./test.mjs";

/**
 * What a command gets: the project's folder, Bun, the environment with Bun and nats-server on PATH, its arguments.
 * @typedef {{ root: string, bun: string, env: NodeJS.ProcessEnv, args: string[] }} Workbench
 */

/** @type {Record<string, { natsServer: boolean, start: (bench: Workbench) => Promise<number> }>} */
const commands = {
  demo: { natsServer: true, start: program("packages/lab/src/demo/main.ts") },
  start: { natsServer: !process.env.NATS_URL, start: program("packages/stack/src/main.ts") },
  bench: { natsServer: true, start: program("packages/lab/src/bench/main.ts") },
  contracts: { natsServer: false, start: program("contracts/scripts/export.ts") },
  check: { natsServer: false, start: check },
  test: { natsServer: true, start: test },
};

process.exitCode = await main(process.argv[2] ?? "", process.argv.slice(3));

/**
 * @param {string} name
 * @param {string[]} args
 */
async function main(name, args) {
  const command = commands[name];
  if (!command) return refuse(`There is no command "${name}"; there are: ${Object.keys(commands).join(", ")}.`);
  const [major = 0] = process.versions.node.split(".").map(Number);
  if (major < 20) return refuse(`Node ${process.versions.node} is too old: Node 20 or newer is needed.`);

  const root = dirname(dirname(fileURLToPath(import.meta.url)));
  try {
    const bench = await withLock(join(root, ".tools", "lock"), async () => {
      const bun = await ensureBun(root);
      await ensureDependencies(root, bun);
      const tools = [dirname(bun)];
      if (command.natsServer) tools.push(dirname(await ensureNatsServer(root)));
      return { root, bun, env: { ...process.env, PATH: [...tools, process.env.PATH].join(delimiter) }, args };
    });
    return await command.start(bench);
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error));
  }
}

/**
 * A command that is one TypeScript program.
 * @param {string} entry
 * @returns {(bench: Workbench) => Promise<number>}
 */
function program(entry) {
  return async ({ root, bun, env, args }) => {
    const ended = await run(bun, ["--no-orphans", join(root, entry), ...args], { cwd: root, env });
    return ended.code;
  };
}

/** @param {string} sentence */
function refuse(sentence) {
  console.error(sentence);
  return 1;
}
