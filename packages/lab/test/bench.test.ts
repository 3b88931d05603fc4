import { expect, setDefaultTimeout, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";

setDefaultTimeout(120_000);

/** A machine without /proc has no figure of CPU time. */
const cpu = existsSync("/proc/self/stat") ? 1 : 0;
const program = join(import.meta.dir, "../src/bench/main.ts");

/** Runs a benchmark as `npm run bench -- --quick --only <name>` does, and returns its line. */
async function lineOf(name: string): Promise<Record<string, unknown>> {
  const child = Bun.spawn([process.execPath, program, "--quick", "--only", name], {
    stdout: "pipe",
    stderr: "inherit",
  });
  const lines = (await child.stdout.text()).trim().split("\n");
  expect(await child.exited).toBe(0);
  expect(lines.length).toBe(1);
  const line = JSON.parse(lines[0] ?? "");
  expect(line).toMatchObject({ bench: name, quick: true });
  return line;
}

function expectPositive(line: Record<string, unknown>, figures: number): void {
  const numbers = numbersIn(line);
  expect(numbers.length).toBe(figures);
  expect(numbers.filter((number) => !(number > 0))).toEqual([]);
}

/** Every number in a value, at any depth. */
function numbersIn(value: unknown): number[] {
  if (typeof value === "number") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(numbersIn) : [];
}

test("items pass the bus with one replica and with three", async () => {
  const line = await lineOf("bus");
  expect(line.cases).toMatchObject([
    { instances: 1, items: 100 },
    { instances: 1, items: 1_000 },
    { instances: 3, items: 100 },
    { instances: 3, items: 1_000 },
  ]);
  expectPositive(line, 4 * (4 + cpu) + 3);
});

test("every frame reaches every client", async () => {
  const line = await lineOf("sse-latency");
  expect(line.cases).toMatchObject([
    { clients: 1, frames: 40 },
    { clients: 200, frames: 8_000 },
  ]);
  expectPositive(line, 2 * (4 + cpu) + 5);
});

test("every stream of a stage gets every frame", async () => {
  const line = await lineOf("plugin-streams");
  expect(line).toMatchObject({ streams: 200, objects: 1_000, frames_missing: 0 });
  expectPositive({ ...line, frames_missing: 1 }, 8 + 3 * cpu);
});

test("a benchmark that does not exist is refused with the names of those that do", async () => {
  const child = Bun.spawn([process.execPath, program, "--only", "speed"], { stdout: "pipe", stderr: "pipe" });
  expect(await child.stderr.text()).toMatch(/no benchmark "speed".*bus.*sse-latency/);
  expect(await child.exited).toBe(1);
});

test("where the peer's Python is missing, its line says so and nothing has failed", async () => {
  const child = Bun.spawn([process.execPath, program, "--peer"], {
    env: { PATH: "" },
    stdout: "pipe",
    stderr: "inherit",
  });
  expect(JSON.parse(await child.stdout.text())).toMatchObject({
    bench: "peer",
    note: expect.stringMatching(/Python 3\.12/),
  });
  expect(await child.exited).toBe(0);
});
