import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "./bootstrap/child.mjs";
import { makeChecks } from "./check.mjs";
import { readReport } from "./report.mjs";

/**
 * `npm test`: the checks, then every test (or those of the paths given). The last line is `N passed, N failed`,
 * where the checks count too, and so do two faults of the run itself: no test ran, a process was left behind.
 * @param {import("./run.mjs").Workbench} bench
 */
export async function test(bench) {
  const checks = await makeChecks(bench);
  const failed = checks.failed.map((name) => `check: ${name}`);
  const folder = mkdtempSync(join(tmpdir(), "proxbox-test-"));
  try {
    const file = join(folder, "report.xml");
    // Two at a time: 41 s instead of 62 on 2 cores for 590 tests; more disturb the tests that measure time.
    const flags = ["--parallel=2", "--timeout=30000", "--reporter=junit", `--reporter-outfile=${file}`];
    const ended = await run(bench.bun, ["test", ...flags, ...bench.args], { cwd: bench.root, env: bench.env });
    if (ended.signal) throw new Error(`Stopped by ${ended.signal}.`);
    const report = readReport(read(file));
    failed.push(...report.failed);
    if (report.passed + report.failed.length === 0) failed.push("no test ran");
    else if (ended.code !== 0 && report.failed.length === 0) failed.push(`bun test ended with code ${ended.code}`);
    for (const left of ended.left) failed.push(`left behind: process ${left}`);

    console.log("");
    for (const name of report.skipped) console.log(`skipped: ${name}`);
    for (const name of failed) console.log(`failed: ${name}`);
    console.log(`${checks.passed + report.passed} passed, ${failed.length} failed`);
    return failed.length === 0 ? 0 : 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @param {string} file */
function read(file) {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return ""; // the runner ended before it could report; its exit code tells the rest
  }
}
