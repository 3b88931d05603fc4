import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type NatsServer, startNatsServer } from "@proxbox/runtime/nats-server";
import { freePort } from "@proxbox/stack/preflight";
import { programOf, serviceNames } from "@proxbox/stack/services";

setDefaultTimeout(60_000);

const root = join(import.meta.dir, "../../..");
const key = "the key of this installation";
const apiKey = "refusals-0123456789abcdef0123456789abcdef";

let nats: NatsServer;
let port: number;
let gateway: Bun.Subprocess;
let folder: string;

/** One nats-server and one gateway that works, whose key is the right one. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "proxbox-refusals-"));
  nats = await startNatsServer();
  port = await freePort();
  gateway = Bun.spawn([process.execPath, programOf("gateway")], {
    env: settings({ PORT: String(port) }),
    stdout: "ignore",
    stderr: "ignore",
  });
  while (!(await fetch(`http://127.0.0.1:${port}/ready`).catch(() => null))?.ok) await Bun.sleep(50);
  expect((await call("POST", "/auth/register-key", { api_key: apiKey, label: "test" })).status).toBe(201);
});
afterAll(async () => {
  gateway.kill();
  await gateway.exited;
  await nats[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

describe.each(serviceNames)("%s ends with 1 and one sentence", (service) => {
  const program = [process.execPath, programOf(service)];

  test("without a nats-server", async () => {
    const said = await refused(program, { NATS_URL: "nats://127.0.0.1:1", PROXBOX_NATS_WAIT_SECONDS: "0.2" });
    expect(said).toEqual([
      expect.stringMatching(/^nats-server at nats:\/\/127\.0\.0\.1:1 does not answer/),
      expect.stringMatching(/\.$/),
    ]);
  });

  test("for each of several faults of its environment", async () => {
    const said = await refused(program, {
      PROXBOX_LOG_LEVEL: "loud",
      PROXBOX_NATS_WAIT_SECONDS: "soon",
      PROXBOX_DRAIN_SECONDS: "-1",
    });
    expect(said.toSorted()).toEqual([
      "Correct the environment.",
      expect.stringMatching(/^PROXBOX_DRAIN_SECONDS is "-1"; it must be .*at least \d+/),
      expect.stringMatching(/^PROXBOX_LOG_LEVEL is "loud"; it must be one of .*info/),
      expect.stringMatching(/^PROXBOX_NATS_WAIT_SECONDS is "soon"; it must be a .*number/),
    ]);
  });
});

test.each(serviceNames.filter((service) => service !== "orchestrator"))(
  "%s ends with 1 and one sentence when the key is not the one secrets are encrypted with",
  async (service) => {
    const said = await refused([process.execPath, programOf(service)], { PROXBOX_ENCRYPTION_KEY: "another one" });
    expect(said).toEqual([
      "The encryption key is not the one the stored secrets were encrypted with.",
      expect.stringMatching(/^Set PROXBOX_ENCRYPTION_KEY .* to the key used before\.$/),
    ]);
  },
);

test("a second gateway on the port of the first ends with 1 and one sentence; the first goes on", async () => {
  const said = await refused([process.execPath, programOf("gateway")], { PORT: String(port) });
  expect(said).toEqual([
    expect.stringMatching(new RegExp(`^The gateway cannot listen on .* port ${port}: it is in use`)),
    expect.stringMatching(/^End what listens there, or set PORT/),
  ]);
  expect((await fetch(`http://127.0.0.1:${port}/ready`)).status).toBe(200);
});

describe("npm start ends with 1 and one sentence", () => {
  const start = (...args: string[]) => [
    "node",
    join(root, "scripts/run.mjs"),
    "start",
    "--",
    "--data",
    folder,
    ...args,
  ];

  test("on a port that is taken", async () => {
    const said = await refused(start("--http-port", String(port)), {});
    // Before it, the first start on a machine tells what it brings.
    expect(said.slice(-2)).toEqual([
      `Port ${port} is taken by another program.`,
      "Stop that program, or choose another port with --http-port.",
    ]);
  });

  test.each([
    ["another program", process.execPath],
    ["a file that is no program", import.meta.path],
  ])("with %s for a nats-server", async (_, binary) => {
    const program = [process.execPath, join(root, "packages/stack/src/main.ts"), "--data", folder];
    const said = await refused(program, {
      NATS_URL: "",
      NATS_SERVER_BIN: binary,
      PORT: String(await freePort()),
    });
    expect(said).toEqual([
      `${binary} is not a nats-server that runs on this machine.`,
      "Install nats-server (2.10 or later), or set NATS_SERVER_BIN to its path.",
    ]);
  });

  test("on a port that is none", async () => {
    const said = await refused(start("--http-port", "eighty"), {});
    expect(said.slice(-2)).toEqual([
      "A port is a number from 1 to 65535.",
      expect.stringMatching(/^Usage: npm start -- /),
    ]);
  });
});

describe("a malformed request", () => {
  test.each<[string, string, unknown, number, string]>([
    ["is no JSON", "/runs", "{", 422, "body: This is not a JSON object."],
    ["is a number", "/runs", "5", 422, "body: This is not a JSON object."],
    ["is a list", "/runs", "[1]", 422, "body: This is not a JSON object."],
    [
      "names a stage there is not",
      "/runs",
      { stages: ["everything"] },
      422,
      "body.stages.0: It must be one of devices",
    ],
    ["has a field that is not known", "/runs", { stage: "devices" }, 422, "body.stage: This field is not known here."],
    [
      "has an option of another type",
      "/runs",
      { options: { max_deletions: "many" } },
      422,
      "body.options.max_deletions: ",
    ],
    ["misses fields", "/proxmox/endpoints", { name: "x" }, 422, "body."],
  ])("that %s is told so: 4xx, one sentence, no trace of our code", async (_, path, body, status, message) => {
    const answer = await call("POST", path, body);
    const text = await answer.text();
    expect(answer.status).toBe(status);
    expect(JSON.parse(text)).toMatchObject({ message: expect.stringContaining(message), python_exception: null });
    expect(text).not.toMatch(traces);
  });

  test("to a run or stage that there is not is told so", async () => {
    for (const path of ["/runs/none/cancel", "/runs/20260101T000000Z-0000000000/stages/devices/replay"]) {
      const answer = await call("POST", path, {});
      const text = await answer.text();
      expect(answer.status).toBeOneOf([404, 409, 422]);
      expect(JSON.parse(text).message).toMatch(/\.$/);
      expect(text).not.toMatch(traces);
    }
  });
});

/** What only a stack trace or our own source would say. */
const traces = /\bat [\w.<>]+ ?\(|\.m?[jt]s:\d+|Error:|\$bunfs/;

function settings(more: Record<string, string>): Record<string, string> {
  const own = { NATS_URL: nats.url, PROXBOX_ENCRYPTION_KEY: key, PROXBOX_LOG_LEVEL: "error" };
  return {
    PATH: process.env.PATH ?? "",
    HOME: process.env.HOME ?? "",
    ...own,
    PORT: "0",
    PROXBOX_HEALTH_PORT: "",
    ...more,
  };
}

/** Starts a program that must refuse; the lines it says, of which none may be a trace. */
async function refused(command: string[], more: Record<string, string>): Promise<string[]> {
  const child = Bun.spawn(command, { cwd: folder, env: settings(more), stdout: "pipe", stderr: "pipe" });
  const late = setTimeout(() => child.kill(), 30_000);
  const [out, err, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  clearTimeout(late);
  expect(out + err).not.toMatch(traces);
  expect([code, out]).toEqual([1, ""]);
  return err.trim().split("\n");
}

function call(method: string, path: string, body: unknown): Promise<Response> {
  return fetch(`http://127.0.0.1:${port}${path}`, {
    method,
    headers: { "X-Proxbox-API-Key": apiKey, "content-type": "application/json" },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
}
