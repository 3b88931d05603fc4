import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { constants } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";

/**
 * Runs a program to its end, its output streamed through, in a process group of its own. Signals are passed on to it,
 * and whatever it left in its group is named in `left` and ended. Throws when it cannot be started.
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd: string, env?: NodeJS.ProcessEnv }} options
 * @returns {Promise<{ code: number, signal: NodeJS.Signals | null, left: string[] }>} its exit code (128 + n when it
 * died of signal n), and the signal that was passed on to it, if one
 */
export async function run(command, args, { cwd, env }) {
  const child = spawn(command, args, { cwd, env, stdio: "inherit", detached: true });
  const forwarding = forwardSignals(child);
  try {
    const code = await exitOf(child);
    return { code, signal: forwarding.passedOn(), left: await endGroup(child.pid) };
  } finally {
    forwarding.stop();
  }
}

/**
 * Runs a program quietly and returns what it said, output and errors together.
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv }} [options]
 * @returns {Promise<{ ok: boolean, output: string }>} `ok` false also when it could not be started
 */
export async function capture(command, args, options = {}) {
  const child = spawn(command, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text) => {
      output += text;
    });
  }
  try {
    return { ok: (await exitOf(child)) === 0, output: output.trim() };
  } catch (error) {
    return { ok: false, output: String(error) };
  }
}

/**
 * @param {import("node:child_process").ChildProcess} child
 * @returns {Promise<number>}
 */
function exitOf(child) {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => resolve(code ?? 128 + (signal ? constants.signals[signal] : 0)));
  });
}

/**
 * A terminal and npm both pass one Ctrl-C on, so repeats within half a second count as the same one. npm's shell passes
 * nothing on when it is ended, so under npm its death counts as a signal to stop.
 * @param {import("node:child_process").ChildProcess} child
 */
function forwardSignals(child) {
  let last = 0;
  /** @type {NodeJS.Signals | null} */
  let passedOn = null;
  /** @param {NodeJS.Signals} signal */
  const forward = (signal) => {
    const now = Date.now();
    if (now - last >= 500) child.kill(signal === "SIGHUP" ? "SIGTERM" : signal);
    last = now;
    passedOn = signal;
  };
  /** @type {NodeJS.Signals[]} */
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"];
  for (const signal of signals) process.on(signal, forward);
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (!process.env.npm_lifecycle_event || process.ppid === parent) return;
    clearInterval(watch);
    forward("SIGTERM");
  }, 500);
  return {
    passedOn: () => passedOn,
    stop: () => {
      clearInterval(watch);
      for (const signal of signals) process.off(signal, forward);
    },
  };
}

/**
 * Gives a group two seconds to be gone, then kills what is left of it and says what that was.
 * @param {number | undefined} group
 */
async function endGroup(group) {
  if (group === undefined) return [];
  for (let waited = 0; waited < 2000 && membersOf(group).length > 0; waited += 50) await sleep(50);
  const left = membersOf(group);
  if (left.length > 0) process.kill(-group, "SIGKILL");
  return left;
}

/**
 * The living processes of a group; a dead one that nobody has reaped does not count.
 * @param {number} group
 * @returns {string[]}
 */
function membersOf(group) {
  try {
    process.kill(-group, 0);
  } catch {
    return [];
  }
  /** @type {string[]} */
  let processes;
  try {
    processes = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  } catch {
    return [`group ${group}`]; // no /proc: the signal above is all that can be known
  }
  return processes.flatMap((pid) => {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
      const [state, , pgrp] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      if (Number(pgrp) !== group || state === "Z") return [];
      return [`${pid} ${readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim()}`];
    } catch {
      return []; // it ended while we looked
    }
  });
}
