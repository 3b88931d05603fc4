import { describe, expect, test } from "bun:test";
import { observeGuests } from "../src/observe-guests.ts";
import { type Guest, listingOf } from "../src/resources/listing.ts";
import { contextOf, endpoint } from "./context.ts";
import { data, failureOf, reset, serve } from "./server.ts";

const row = (vmid: number, node: string) => ({ type: "qemu", vmid, node, name: `g${vmid}`, status: "running" });
const guests: Guest[] = listingOf([row(100, "a"), row(101, "b"), row(102, "a"), row(103, "a")]).guests;
const chunk = { key: "100-4", guests };
const part = "observation.r1.7.guests.100-4";

describe("observeGuests", () => {
  test("gives every guest in order, with its configuration", async () => {
    using server = serve((_, path) => data({ description: path, net0: "virtio=BC:24:11:00:00:01,bridge=vmbr0" }));
    const observed = await observeGuests(contextOf(server.client), endpoint, chunk);
    expect(observed.map(({ guest, state }) => [guest.vmid, state])).toEqual([
      [100, "ok"],
      [101, "ok"],
      [102, "ok"],
      [103, "ok"],
    ]);
    expect(observed[1]).toMatchObject({ config: { note: "/nodes/b/qemu/101/config", nics: [{ key: "net0" }] } });
  });

  test("a later stage of the run asks only for what is missing, and gets the same", async () => {
    const asked: string[] = [];
    let broken = true;
    using server = serve((_, path) => {
      asked.push(path);
      return path.includes("/102/") && broken ? Response.json({ message: "broken" }, { status: 400 }) : data({ path });
    });
    const ctx = contextOf(server.client);
    const first = await observeGuests(ctx, endpoint, { ...chunk, guests: guests.slice(0, 3) });
    expect([...ctx.stored.keys()]).toEqual([part]);
    broken = false;
    asked.length = 0;
    const later = await observeGuests(contextOf(server.client, ctx), endpoint, chunk);
    expect(asked.sort()).toEqual(["/nodes/a/qemu/102/config", "/nodes/a/qemu/103/config"]);
    expect(later.slice(0, 2)).toEqual(first.slice(0, 2));
    expect(later.map(({ state }) => state)).toEqual(["ok", "ok", "ok", "ok"]);
    asked.length = 0;
    expect(await observeGuests(contextOf(server.client, ctx), endpoint, chunk)).toEqual(later);
    expect(asked).toEqual([]);
  });

  test("what is read later makes nothing younger that was read before", async () => {
    const asked: string[] = [];
    using server = serve((_, path) => {
      asked.push(path);
      return data({});
    });
    const seen = (vmid: number, age: number) => ({ vmid, node: "a", raw: {}, seenAt: Date.now() - age * 1_000 });
    const value = [seen(100, 599), seen(102, 601)];
    const ctx = contextOf(server.client);
    ctx.stored.set(part, JSON.stringify({ observedAt: new Date().toISOString(), value }));
    await observeGuests(ctx, endpoint, { ...chunk, guests: guests.filter(({ node }) => node === "a") });
    expect(asked.sort()).toEqual(["/nodes/a/qemu/102/config", "/nodes/a/qemu/103/config"]);
  });

  test.each([
    ["the stage virtual-machines", { stage: "virtual-machines" as const }, {}],
    ["a run of chosen machines", { options: { netbox_vm_ids: [1] } as never }, {}],
    ["a run of guests by their numbers", { options: { vmids: [100] } as never }, {}],
    ["a run that keeps nothing", {}, { PROXBOX_OBSERVATION_MAX_AGE: 0 }],
  ])("%s looks again", async (_, change, config) => {
    let asked = 0;
    using server = serve(() => {
      asked++;
      return data({});
    });
    const ctx = contextOf(server.client);
    await observeGuests(ctx, endpoint, chunk);
    await observeGuests(contextOf(server.client, { ...change, stored: ctx.stored }, config), endpoint, chunk);
    expect(asked).toBe(8);
  });

  test("one guest's failure is its own", async () => {
    using server = serve((_, path) =>
      path.includes("/102/") ? Response.json({ message: "broken" }, { status: 400 }) : data({}),
    );
    const observed = await observeGuests(contextOf(server.client), endpoint, chunk);
    expect(observed.map(({ state }) => state)).toEqual(["ok", "ok", "failed", "ok"]);
    expect(observed[2]).toMatchObject({ error: { code: "proxmox_error", message: expect.stringContaining("broken") } });
  });

  test("an offline node is asked once", async () => {
    let asked = 0;
    using server = serve((_, path) => {
      if (!path.startsWith("/nodes/a/")) return data({});
      asked++;
      return new Response("", { status: 595 });
    });
    const observed = await observeGuests(contextOf(server.client), endpoint, chunk);
    expect(observed.map(({ state }) => state)).toEqual(["failed", "ok", "failed", "failed"]);
    expect(observed[3]).toMatchObject({ guest: { vmid: 103 }, error: { code: "proxmox_node_offline" } });
    expect(asked).toBe(1);
  });

  test("a guest that its node does not report is not asked for", async () => {
    const asked: string[] = [];
    using server = serve((_, path) => {
      asked.push(path);
      return data({});
    });
    const listed = listingOf([row(100, "a"), { ...row(101, "a"), name: undefined, status: "unknown" }]).guests;
    const observed = await observeGuests(contextOf(server.client), endpoint, { key: "k", guests: listed });
    expect(asked).toEqual(["/nodes/a/qemu/100/config"]);
    expect(observed).toMatchObject([
      { state: "ok" },
      { state: "failed", error: { code: "proxmox_node_offline", object: "vmid 101", retryable: true } },
    ]);
  });

  test("a migrated guest is found again, a deleted one is gone", async () => {
    using server = serve((_, path) => {
      if (path === "/cluster/resources") return data([row(100, "b"), row(101, "b"), row(103, "a")]);
      const here = ["/nodes/b/qemu/100/config", "/nodes/b/qemu/101/config", "/nodes/a/qemu/103/config"];
      if (here.includes(path)) return data({});
      return Response.json({ message: "Configuration file 'x.conf' does not exist" }, { status: 500 });
    });
    const ctx = contextOf(server.client);
    const observed = await observeGuests(ctx, endpoint, chunk);
    expect(observed.map(({ guest, state }) => [guest.vmid, guest.node, state])).toEqual([
      [100, "b", "ok"],
      [101, "b", "ok"],
      [102, "a", "gone"],
      [103, "a", "ok"],
    ]);
    expect(await observeGuests(contextOf(server.client, ctx), endpoint, chunk)).toEqual(observed);
  });

  test.each([
    ["does not answer", reset, "proxmox_unreachable"],
    ["does not let us in", () => new Response("", { status: 401 }), "proxmox_unauthorized"],
  ])("an endpoint that %s ends it, with the rest unread and nothing stored", async (_, respond, code) => {
    let asked = 0;
    using server = serve(
      () => {
        asked++;
        return respond();
      },
      { retries: 0 },
    );
    const many = listingOf(Array.from({ length: 40 }, (_, index) => row(100 + index, "a"))).guests;
    const ctx = contextOf(server.client);
    expect((await failureOf(observeGuests(ctx, endpoint, { key: "k", guests: many }))).code).toBe(code);
    expect(asked).toBe(1);
    expect(ctx.stored.size).toBe(0);
  });

  test("being stopped stops it", async () => {
    const controller = new AbortController();
    using server = serve(() => {
      controller.abort();
      return data({});
    });
    const ctx = contextOf(server.client, { signal: controller.signal });
    const failure = await failureOf(observeGuests(ctx, endpoint, chunk));
    expect(failure.name).toBe("CancelledError");
    expect(ctx.stored.size).toBe(0);
  });
});
