import { describe, expect, test } from "bun:test";
import { observationName, observeGuests } from "../src/observe-guests.ts";
import { type Guest, listingOf } from "../src/resources/listing.ts";
import { data, failureOf, reset, serve } from "./server.ts";

const row = (vmid: number, node: string) => ({ type: "qemu", vmid, node, name: `g${vmid}`, status: "running" });
const guests: Guest[] = listingOf([row(100, "a"), row(101, "b"), row(102, "a"), row(103, "a")]).guests;

function context(signal = AbortSignal.timeout(20_000)) {
  const stored = new Map<string, unknown>();
  const blobs = {
    putJson: async (name: string, value: unknown) => {
      stored.set(name, value);
      return { bucket: "b", name, digest: "d" };
    },
  };
  return { run: "r1", signal, blobs, stored };
}

describe("observeGuests", () => {
  test("gives every guest in order and stores what was seen by node", async () => {
    using server = serve((_, path) => data({ description: path }));
    const ctx = context();
    const observed = await observeGuests(ctx, server.client, { id: 7 }, guests, { key: "k" });
    expect(observed.map(({ guest, state }) => [guest.vmid, state])).toEqual([
      [100, "ok"],
      [101, "ok"],
      [102, "ok"],
      [103, "ok"],
    ]);
    expect(observed[1]).toMatchObject({ config: { note: "/nodes/b/qemu/101/config" } });
    expect([...ctx.stored.keys()]).toEqual([observationName("r1", 7, "a", "k"), "observation.r1.7.b.k"]);
    expect(ctx.stored.get("observation.r1.7.b.k")).toMatchObject({
      observedAt: expect.stringMatching(/^\d{4}-.*Z$/),
      guests: [{ guest: { vmid: 101 }, state: "ok" }],
    });
  });

  test("one guest's failure is its own", async () => {
    using server = serve((_, path) =>
      path.includes("/102/") ? Response.json({ message: "broken" }, { status: 400 }) : data({}),
    );
    const observed = await observeGuests(context(), server.client, { id: 7 }, guests, { key: "k" });
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
    const observed = await observeGuests(context(), server.client, { id: 7 }, guests, { key: "k" });
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
    const observed = await observeGuests(context(), server.client, { id: 7 }, listed, { key: "k" });
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
    const ctx = context();
    const observed = await observeGuests(ctx, server.client, { id: 7 }, guests, { key: "k" });
    expect(observed.map(({ guest, state }) => [guest.vmid, guest.node, state])).toEqual([
      [100, "b", "ok"],
      [101, "b", "ok"],
      [102, "a", "gone"],
      [103, "a", "ok"],
    ]);
    expect(ctx.stored.get("observation.r1.7.b.k")).toMatchObject({ guests: [{ guest: { vmid: 100 } }, {}] });
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
    const ctx = context();
    expect((await failureOf(observeGuests(ctx, server.client, { id: 7 }, many, { key: "k" }))).code).toBe(code);
    expect(asked).toBe(1);
    expect(ctx.stored.size).toBe(0);
  });

  test("being stopped stops it", async () => {
    const controller = new AbortController();
    using server = serve(() => {
      controller.abort();
      return data({});
    });
    const ctx = context(controller.signal);
    const failure = await failureOf(observeGuests(ctx, server.client, { id: 7 }, guests, { key: "k" }));
    expect(failure.name).toBe("CancelledError");
    expect(ctx.stored.size).toBe(0);
  });
});
