import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { noCounts } from "@proxbox/contracts/messages";
import { type PluginBench, startPluginBench } from "./plugin-bench.ts";
import { eventually, itemResult, jsonOf, runFact, stageFact, summary, testKey } from "./support.ts";

type Message = Record<string, unknown> & { object?: string; end?: boolean };

/** A client of the plugin's socket: what it was told, and how it ended. */
async function connect(bench: PluginBench, path = "/ws", key: string | null = testKey) {
  const socket = new WebSocket(bench.gateway.url.replace("http", "ws") + path);
  const told: string[] = [];
  const ended = Promise.withResolvers<[number, string]>();
  let pongs = 0;
  socket.addEventListener("message", ({ data }) => void told.push(String(data)));
  socket.addEventListener("close", ({ code, reason }) => ended.resolve([code, reason]));
  socket.addEventListener("pong" as never, () => {
    pongs += 1;
  });
  await new Promise((resolve) => socket.addEventListener("open", resolve));
  if (key !== null) socket.send(JSON.stringify({ api_key: key }));
  const objects = () => told.filter((text) => text.startsWith("{")).map((text): Message => JSON.parse(text));
  return {
    told,
    objects,
    ended: ended.promise,
    pongs: () => pongs,
    send: (command: unknown) => socket.send(typeof command === "string" ? command : JSON.stringify(command)),
    ping: () => (socket as unknown as { ping(): void }).ping(),
    until: (fits: (message: Message) => boolean) =>
      eventually(() => objects().some(fits), `a message came; told so far: ${told.join("\n")}`),
    close: () => socket.close(1000),
    terminate: () => (socket as unknown as { terminate(): void }).terminate(),
  };
}

const newest = async (bench: PluginBench) => (await bench.created()).at(-1) ?? "";
const runsOf = async (bench: PluginBench) => (await bench.created()).length;

/** Says of a run what a whole estate would: one device each, every stage done. */
async function work(bench: PluginBench, run: string, ok = true): Promise<void> {
  const view = await jsonOf<{ request: { stages: string[] } }>(bench.call("GET", `/runs/${run}`));
  await runFact(bench.bus, run, "running");
  for (const stage of view.request.stages) {
    await stageFact(bench.bus, run, stage, 1, "started");
    if (stage === "devices") await itemResult(bench.bus, run, "k1", 4);
    await stageFact(bench.bus, run, stage, 1, "done", { summary: { ...summary(ok), counts: noCounts() } });
  }
  await runFact(bench.bus, run, ok ? "done" : "failed", { ok });
}

describe("before the key is found right", () => {
  let bench: PluginBench;
  beforeAll(async () => {
    bench = await startPluginBench();
  });
  afterAll(() => bench[Symbol.asyncDispose]());

  test.each([["/"], ["/ws"], ["/ws/virtual-machines"]])(
    "%s closes with 4001 and why, and nothing happens",
    async (path) => {
      for (const first of [7, "[]", "Full Update", '{"api_key":""}']) {
        const client = await connect(bench, path, null);
        client.send(String(first));
        client.send("Full Update");
        expect(await client.ended).toEqual([4001, "API key required."]);
        expect(client.told).toEqual([]);
      }
      expect(await runsOf(bench)).toBe(0);
    },
  );

  test("wrong keys are counted with those of HTTP, missing ones are not", async () => {
    const reasons = [];
    for (let attempt = 0; attempt < 4; attempt += 1) reasons.push(await (await connect(bench, "/ws", "wrong")).ended);
    expect(reasons).toEqual([
      [4001, "Invalid API key. 4 attempts remaining."],
      [4001, "Invalid API key. 3 attempts remaining."],
      [4001, "Invalid API key. 2 attempts remaining."],
      [4001, "Invalid API key. 1 attempts remaining."],
    ]);
    const last = await bench.call("GET", "/runs", undefined, { "x-proxbox-api-key": "wrong" });
    expect((await jsonOf(last)).detail).toBe("Invalid API key.");
    expect(await (await connect(bench, "/ws", "wrong")).ended).toEqual([
      4001,
      expect.stringMatching(/^Too many failed authentication attempts/),
    ]);
    expect(await runsOf(bench)).toBe(0);
  });

  test("the capability by which plugins send ids is told without a key", async () => {
    const root = await jsonOf<{ capabilities: object }>(bench.call("GET", "/", undefined, {}));
    expect(root.capabilities).toEqual({ ws_run_id: 1 });
  });

  test("a path without a socket is 404, and so is a socket's path for who speaks plain HTTP", async () => {
    expect((await bench.call("GET", "/ws")).status).toBe(404);
    expect((await bench.call("GET", "/ws/else", undefined, { upgrade: "websocket" })).status).toBe(401);
  });

  test("one address gets a hundred sockets, and the others theirs", async () => {
    const clients = await Promise.all(Array.from({ length: 100 }, () => connect(bench, "/ws", null)));
    expect(await (await connect(bench)).ended).toEqual([1013, expect.stringContaining("too many sockets")]);
    for (const client of clients) client.close();
    await Promise.all(clients.map(({ ended }) => ended));
    const client = await connect(bench);
    await eventually(() => client.told.includes("Connected!"), "there is room again");
    client.close();
  });
});

describe("commands", () => {
  let bench: PluginBench;
  beforeAll(async () => {
    bench = await startPluginBench({ PROXBOX_DISCONNECT_GRACE_SECONDS: "1" });
  });
  afterAll(() => bench[Symbol.asyncDispose]());

  test("Sync Nodes as bare words: a greeting, its echo, an object for each device, and the end of the button", async () => {
    const client = await connect(bench);
    client.send("Sync Nodes");
    await client.until(({ status }) => status === "started");
    expect(client.told.slice(0, 3)).toEqual(["Connected!", "Connected 2!", "Sync Nodes"]);
    const run = await newest(bench);
    const { request } = await jsonOf<{ request: object }>(bench.call("GET", `/runs/${run}`));
    expect(request).toMatchObject({ stages: ["devices"], mode: "strict", origin: "plugin" });
    client.ping();
    await eventually(() => client.pongs() > 0, "a ping is answered while a command is at work");
    await work(bench, run);
    await client.until(({ end }) => end === true);
    const objects = client.objects();
    expect(objects.filter(({ object }) => object === "device")).toEqual([
      { object: "device", type: "create", data: expect.objectContaining({ name: "xxxx", completed: true }) },
      { object: "device", end: true, status: "completed", message: expect.any(String) },
    ]);
    expect(objects.at(-1)).toHaveProperty("end", true);
    client.close();
    expect((await client.ended)[0]).toBe(1000);
  });

  test("Full Update with an id: each answer repeats it, and the last says how it ended", async () => {
    const client = await connect(bench);
    const run_id = "0123456789abcdef0123456789abcdef";
    client.send({ command: "Full Update", run_id });
    await client.until(({ status }) => status === "started");
    await work(bench, await newest(bench));
    await client.until(({ object, end }) => object === "full-update" && end === true);
    const objects = client.objects();
    expect(objects.every((message) => message.run_id === run_id)).toBe(true);
    expect(objects.at(-1)).toMatchObject({ object: "full-update", end: true, status: "completed", run_id });
    expect(objects.map(({ object, end }) => `${object}${end ? " end" : ""}`)).toContain("virtual_machine end");
    client.close();
  });

  test("a run that failed is told, and the socket goes on", async () => {
    const client = await connect(bench);
    client.send({ command: "Sync Virtual Machines", run_id: "12345678" });
    await client.until(({ status }) => status === "started");
    await work(bench, await newest(bench), false);
    await client.until(({ end, object }) => end === true && object === "virtual_machine");
    expect(client.objects().at(-1)).toMatchObject({
      ...{ object: "virtual_machine", end: true, status: "failed", run_id: "12345678" },
      error: expect.stringContaining("virtual-machines"),
    });
    client.send("Nonsense");
    await eventually(() => client.told.includes("Invalid command: Nonsense"), "the socket answers");
    expect(client.told.at(-1)).toMatch(/^Valid commands: Full Update, .*Sync Virtual Machines/);
    client.close();
  });

  test("two sockets that ask for the same share one run", async () => {
    const before = await runsOf(bench);
    const clients = await Promise.all([connect(bench), connect(bench)]);
    for (const client of clients) client.send("Sync Nodes");
    for (const client of clients) await client.until(({ status }) => status === "started");
    expect(await runsOf(bench)).toBe(before + 1);
    await work(bench, await newest(bench));
    for (const client of clients) await client.until(({ end, object }) => end === true && object === "device");
    for (const client of clients) client.close();
  });

  test("the endpoints of the socket's query are those of its commands; unknown ones are told, and end the command", async () => {
    const before = await runsOf(bench);
    const wrong = await connect(bench, "/ws?proxmox_endpoint_ids=77");
    wrong.send({ command: "Sync Nodes", run_id: "12345678" });
    await wrong.until(({ end }) => end === true);
    expect(wrong.objects()).toEqual([
      expect.objectContaining({ object: "error", run_id: "12345678", message: expect.stringContaining("77") }),
      expect.objectContaining({ object: "device", end: true, status: "failed", run_id: "12345678" }),
    ]);
    expect(await runsOf(bench)).toBe(before);
    wrong.close();
    const right = await connect(bench, "/ws?proxmox_endpoint_ids=2");
    right.send("Sync Nodes");
    await right.until(({ status }) => status === "started");
    const view = await jsonOf<{ request: { options: object } }>(bench.call("GET", `/runs/${await newest(bench)}`));
    expect(view.request.options).toMatchObject({ proxmox_endpoint_ids: [2] });
    await work(bench, await newest(bench));
    right.close();
  });

  test("a run is wanted while the socket is there, and not when it has vanished", async () => {
    const client = await connect(bench);
    client.send("Full Update");
    await client.until(({ status }) => status === "started");
    const run = await newest(bench);
    const revision = async () => (await bench.wanted(run))?.revision ?? 0;
    const first = await revision();
    await eventually(async () => (await revision()) > first + 1, "it is said again that the run is wanted");
    client.terminate();
    await client.ended;
    await bench.leftAlone(run);
    await work(bench, run);
  });

  test("a key that was retired meanwhile begins nothing any more", async () => {
    const made = await jsonOf<{ id: number; raw_key: string }>(bench.call("POST", "/auth/keys"));
    const client = await connect(bench, "/ws", made.raw_key);
    await eventually(() => client.told.includes("Connected!"), "the client is let in");
    const before = await runsOf(bench);
    await bench.call("DELETE", `/auth/keys/${made.id}`);
    client.send("Full Update");
    expect(await client.ended).toEqual([4001, expect.stringContaining("API key")]);
    expect(await runsOf(bench)).toBe(before);
  });

  test("/ws/virtual-machines does its one thing and closes", async () => {
    const client = await connect(bench, "/ws/virtual-machines");
    await client.until(({ status }) => status === "started");
    expect(client.told[0]).toBe("Connected!");
    await work(bench, await newest(bench));
    expect((await client.ended)[0]).toBe(1000);
    expect(client.objects().at(-1)).toMatchObject({ object: "virtual_machine", end: true, status: "completed" });
  });

  test("/ counts", async () => {
    const client = await connect(bench, "/");
    await eventually(() => client.told.length >= 2, "two numbers came");
    expect(client.told.slice(0, 2)).toEqual(["Message: 1", "Message: 2"]);
    client.close();
  });
});

test("without an endpoint the command ends with the reason, and no run is begun", async () => {
  await using bench = await startPluginBench();
  for (const id of [1, 2]) await bench.call("DELETE", `/proxmox/endpoints/${id}`);
  const client = await connect(bench);
  client.send("Full Update");
  await client.until(({ end }) => end === true);
  expect(client.objects()).toEqual([
    { object: "error", code: "no_endpoints", message: expect.stringContaining("No Proxmox endpoint") },
    {
      ...{ object: "full-update", end: true, status: "failed" },
      message: expect.stringContaining("No Proxmox endpoint"),
      error: expect.stringContaining("No Proxmox endpoint"),
    },
  ]);
  expect(await runsOf(bench)).toBe(0);
  client.close();
});
