import { describe, expect, test } from "bun:test";
import type { Fault } from "../src/netbox/faults.ts";
import { startNetBox } from "../src/netbox/server.ts";
import { clientOf, results, withMachines } from "./netbox-requests.ts";

const TAG = { name: "a", slug: "a" };

describe("faults", () => {
  test("a status, so often and no more", async () => {
    await using netbox = await startNetBox();
    const client = clientOf(netbox);
    netbox.faults.add({ kind: "status", status: 502, body: { detail: "bad gateway" }, times: 2 });
    expect(await client("GET", "extras/tags/")).toEqual({ status: 502, body: { detail: "bad gateway" } });
    expect((await client("GET", "extras/tags/")).status).toBe(502);
    expect((await client("GET", "extras/tags/")).status).toBe(200);
    expect(netbox.counts()).toMatchObject({ requests: 3, refused: 2 });
  });

  test("only the method and path meant", async () => {
    await using netbox = await startNetBox();
    const client = clientOf(netbox);
    netbox.faults.add({ kind: "status", status: 503, method: "POST", path: /^extras/ });
    expect((await client("GET", "extras/tags/")).status).toBe(200);
    expect((await client("POST", "extras/tags/", TAG)).status).toBe(503);
    expect((await client("POST", "dcim/sites/", { name: "s", slug: "s" })).status).toBe(201);
    netbox.faults.clear();
    expect((await client("POST", "extras/tags/", TAG)).status).toBe(201);
  });

  test.each<[Fault["kind"], number]>([
    ["reset", 0],
    ["lost-answer", 1],
    ["truncated", 1],
  ])("%s ends the connection, and %i tags are there", async (kind, tags) => {
    await using netbox = await startNetBox();
    netbox.faults.add({ kind, times: 1 } as Fault);
    await expect(clientOf(netbox)("POST", "extras/tags/", TAG)).rejects.toThrow();
    expect(netbox.rows("extras/tags")).toHaveLength(tags);
    expect((await clientOf(netbox)("GET", "extras/tags/")).status).toBe(200);
    expect(netbox.counts()).toMatchObject({ requests: 2, refused: 1 });
  });

  test("html is 200 with a page", async () => {
    await using netbox = await startNetBox();
    netbox.faults.add({ kind: "html", times: 1 });
    const reply = await clientOf(netbox)("GET", "extras/tags/");
    expect(reply.status).toBe(200);
    expect(String(reply.body)).toStartWith("<!DOCTYPE html>");
  });

  test("delay lets the answer come later", async () => {
    await using netbox = await startNetBox();
    netbox.faults.add({ kind: "delay", ms: 60 });
    const before = performance.now();
    expect((await clientOf(netbox)("GET", "status/")).status).toBe(200);
    expect(performance.now() - before).toBeGreaterThanOrEqual(55);
  });
});

test("more requests than the capacity are refused, and the peak is told", async () => {
  await using netbox = await startNetBox();
  netbox.faults.add({ kind: "delay", ms: 50 });
  netbox.setCapacity(2, 429);
  const replies = await Promise.all(Array.from({ length: 5 }, () => clientOf(netbox)("GET", "status/")));
  expect(replies.map((reply) => reply.status).sort()).toEqual([200, 200, 429, 429, 429]);
  expect(netbox.peakInFlight()).toBeGreaterThanOrEqual(3);
  netbox.setCapacity(null);
  netbox.resetCounts();
  await Promise.all(Array.from({ length: 3 }, () => clientOf(netbox)("GET", "status/")));
  expect(netbox.peakInFlight()).toBe(3);
  expect(netbox.counts().refused).toBe(0);
});

test("an idle connection is closed, one at work is not", async () => {
  await using netbox = await startNetBox({ idleSeconds: 1 });
  netbox.faults.add({ kind: "delay", ms: 2500, times: 1 });
  const { promise: closed, resolve } = Promise.withResolvers<number>();
  let answered = 0;
  const socket = await Bun.connect({
    hostname: "127.0.0.1",
    port: Number(new URL(netbox.url).port),
    socket: {
      data: () => {
        answered = performance.now();
      },
      close: () => resolve(performance.now()),
    },
  });
  socket.write(`GET /api/status/ HTTP/1.1\r\nHost: netbox\r\nAuthorization: Token ${netbox.tokens.v1}\r\n\r\n`);
  const end = await closed;
  expect(answered).toBeGreaterThan(0);
  expect(end - answered).toBeLessThan(6000);
}, 15_000);

test("counts tell requests, objects and changes apart", async () => {
  await using netbox = await startNetBox();
  withMachines(netbox, "a", "b");
  netbox.resetCounts();
  const client = clientOf(netbox);
  await client("PATCH", "virtualization/virtual-machines/", [
    { id: 1, memory: 5 },
    { id: 2, name: "b" },
  ]);
  await client("POST", "extras/tags/", { name: "no slug" });
  await client("GET", "virtualization/virtual-machines/1/");
  expect(netbox.counts()).toEqual({
    requests: 3,
    reads: 1,
    writes: 2,
    objectsWritten: 2,
    refused: 1,
    turnedAway: 0,
    changes: 1,
    byPath: {
      "virtualization/virtual-machines": { GET: 1, POST: 0, PATCH: 1, DELETE: 0, PUT: 0 },
      "extras/tags": { GET: 0, POST: 1, PATCH: 0, DELETE: 0, PUT: 0 },
    },
  });
});

describe("access", () => {
  test("the v2 token and the read-only one read; only the first writes", async () => {
    await using netbox = await startNetBox();
    const v2 = clientOf(netbox, netbox.tokens.v2.header);
    const readonly = clientOf(netbox, `Token ${netbox.tokens.readonly}`);
    expect((await v2("POST", "extras/tags/", TAG)).status).toBe(201);
    expect(results(await readonly("GET", "extras/tags/"))).toHaveLength(1);
    expect((await readonly("DELETE", "extras/tags/1/")).status).toBe(403);
  });

  test("a permission can be taken from one token and given to another", async () => {
    await using netbox = await startNetBox();
    const [admin, limited] = [clientOf(netbox), clientOf(netbox, `Token ${netbox.tokens.limited}`)];
    netbox.permissions.deny("v1", "add", "extras/tags");
    netbox.permissions.allow("limited", "add", "extras/tags");
    expect((await admin("POST", "extras/tags/", TAG)).status).toBe(403);
    expect((await limited("POST", "extras/tags/", TAG)).status).toBe(201);
    expect((await limited("GET", "extras/tags/")).status).toBe(403);
    netbox.permissions.clear();
    expect((await admin("DELETE", "extras/tags/1/")).status).toBe(204);
  });

  test("who may not view a VM sees no sync-state row of it, and collides with it", async () => {
    await using netbox = await startNetBox();
    withMachines(netbox, "a");
    const path = "plugins/proxbox/sync-state/virtual-machines";
    netbox.insert(path, { virtual_machine: 1, proxmox_vm_id: 100 });
    netbox.permissions.deny("v1", "view", "virtualization/virtual-machines");
    const client = clientOf(netbox);
    expect(results(await client("GET", `${path}/`))).toEqual([]);
    expect((await client("POST", `${path}/`, { virtual_machine: 1 })).status).toBe(409);
  });
});

test("what a test edits or removes is past every check and counted by no one", async () => {
  await using netbox = await startNetBox();
  withMachines(netbox, "a");
  netbox.insert("virtualization/interfaces", { virtual_machine: 1, name: "net0" });
  netbox.edit("virtualization/virtual-machines", 1, { disk: 5 });
  expect(netbox.rows("virtualization/virtual-machines")[0]?.disk).toBe(5);
  netbox.remove("virtualization/virtual-machines", 1);
  expect(netbox.rows("virtualization/interfaces")).toEqual([]);
  expect(netbox.counts().requests).toBe(0);
});
