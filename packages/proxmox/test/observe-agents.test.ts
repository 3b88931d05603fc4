import { describe, expect, test } from "bun:test";
import { observeAgents } from "../src/observe-agents.ts";
import { type Guest, type GuestType, listingOf } from "../src/resources/listing.ts";
import { contextOf, endpoint } from "./context.ts";
import { data, failureOf, reset, serve } from "./server.ts";

const guest = (vmid: number, type: GuestType = "qemu", status = "running", node = "a"): Guest => {
  const [listed] = listingOf([{ type, vmid, node, name: `g${vmid}`, status }]).guests;
  if (!listed) throw new Error("The row is no guest.");
  return listed;
};
const withAgent = (one: Guest, agent = true) => ({ guest: one, config: { agent } });
const refuse = (message: string, status = 500) => Response.json({ data: null, message }, { status });

const interfaces = [
  { name: "lo", "hardware-address": "00:00:00:00:00:00", "ip-addresses": [{ "ip-address": "127.0.0.1", prefix: 8 }] },
  {
    name: "ens18",
    "hardware-address": "bc:24:11:00:00:01",
    "ip-addresses": [{ "ip-address": "10.0.0.5", prefix: 24, "ip-address-type": "ipv4" }],
  },
];

/** An agent as most are. */
function answers(_: Request, path: string): Response {
  if (path.endsWith("/get-host-name")) return data({ result: { "host-name": "Web.Example.COM." } });
  return data(path.includes("/lxc/") ? interfaces : { result: interfaces });
}

const heard = [
  { name: "lo", mac: null, addresses: [{ address: "127.0.0.1/8", host: "127.0.0.1", family: 4, scope: "loopback" }] },
  {
    name: "ens18",
    mac: "BC:24:11:00:00:01",
    addresses: [{ address: "10.0.0.5/24", host: "10.0.0.5", family: 4, scope: "global" }],
  },
];

describe("observeAgents", () => {
  test("asks the agents of running guests and the nodes of running containers, and nobody else", async () => {
    const asked: string[] = [];
    using server = serve((request, path) => {
      asked.push(path);
      return answers(request, path);
    });
    const found = await observeAgents(contextOf(server.client), endpoint, "k", [
      withAgent(guest(100)),
      withAgent(guest(101), false),
      withAgent(guest(102, "qemu", "stopped")),
      withAgent(guest(103, "qemu", "paused")),
      withAgent(guest(104, "qemu", "unknown")),
      withAgent(guest(105, "lxc"), false),
      withAgent(guest(106, "lxc", "stopped"), false),
    ]);
    expect([...found]).toEqual([
      [100, { state: "ok", interfaces: heard as never, hostname: "web.example.com" }],
      [101, { state: "none", reason: "disabled" }],
      [102, { state: "none", reason: "stopped" }],
      [103, { state: "none", reason: "stopped" }],
      [104, { state: "none", reason: "unknown" }],
      [105, { state: "ok", interfaces: heard as never, hostname: null }],
      [106, { state: "none", reason: "stopped" }],
    ]);
    expect(asked.sort()).toEqual([
      "/nodes/a/lxc/105/interfaces",
      "/nodes/a/qemu/100/agent/get-host-name",
      "/nodes/a/qemu/100/agent/network-get-interfaces",
    ]);
  });

  test("a later stage asks nobody twice, the silent ones not either", async () => {
    let asked = 0;
    using server = serve((request, path) => {
      asked++;
      return path.includes("/101/") ? refuse("QEMU guest agent is not running") : answers(request, path);
    });
    const ctx = contextOf(server.client);
    const guests = [withAgent(guest(100)), withAgent(guest(101))];
    const first = await observeAgents(ctx, endpoint, "k", guests);
    expect(first.get(101)).toMatchObject({ state: "failed" });
    expect([...ctx.stored.keys()]).toEqual(["observation.r1.7.agents.k"]);
    expect(asked).toBe(3);
    expect(await observeAgents(contextOf(server.client, ctx), endpoint, "k", guests)).toEqual(first);
    expect(asked).toBe(3);
    const added = await observeAgents(contextOf(server.client, ctx), endpoint, "k", [
      ...guests,
      withAgent(guest(102, "lxc")),
    ]);
    expect([...added.keys()]).toEqual([100, 101, 102]);
    expect(asked).toBe(4);
  });

  test.each([
    ["ok", 5, {}, false],
    ["ok", 11, {}, true],
    ["ok", 5, { options: { netbox_vm_ids: [1] } }, true],
    ["ok", 5, { options: { vmids: [100] } }, true],
    ["none", 11, {}, true],
    ["failed", 5, {}, false],
    ["failed", 45, {}, false],
    ["failed", 45, { options: { netbox_vm_ids: [1] } }, false],
    ["failed", 1, { attempt: 2 }, true],
  ])("one that was %s %d minutes ago, where %p: asked again is %p", async (state, minutes, change, again) => {
    let asked = 0;
    using server = serve((request, path) => {
      asked++;
      return answers(request, path);
    });
    const ctx = contextOf(server.client, change as never);
    const seenAt = Date.now() - minutes * 60_000;
    const stored = { observedAt: new Date(seenAt).toISOString(), value: [{ vmid: 100, answer: { state }, seenAt }] };
    ctx.stored.set("observation.r1.7.agents.k", JSON.stringify(stored));
    const found = await observeAgents(ctx, endpoint, "k", [withAgent(guest(100))]);
    expect(found.get(100)?.state).toBe(again ? "ok" : (state as never));
    expect(asked > 0).toBe(again);
  });

  test.each([
    [
      "is not allowed",
      () => refuse("Permission check failed (/vms/100, VM.GuestAgent.Audit|VM.GuestAgent.Unrestricted)", 403),
      { state: "failed", error: { code: "proxmox_forbidden", object: "vmid 100" } },
      /VM\.GuestAgent\.Audit \(VM\.Monitor before Proxmox VE 9\) on \/vms\/100 is missing/,
    ],
    [
      "runs into nothing",
      () => refuse("QEMU guest agent is not running"),
      { state: "failed", error: { code: "proxmox_error", object: "vmid 100" } },
      /^The guest agent of vmid 100 does not answer: .*QEMU guest agent is not running/,
    ],
    [
      "is too slow",
      () => Bun.sleep(3_000).then(() => data({ result: [] })),
      { state: "failed", error: { code: "proxmox_timeout" } },
      /^The guest agent of vmid 100 does not answer: .*within 1 s/,
    ],
    [
      "knows no such command",
      () => data({ result: { error: { class: "CommandNotFound" } } }),
      { state: "failed", error: { code: "proxmox_bad_answer" } },
      /guest agent of vmid 100/,
    ],
  ])("an agent that %s costs one request, and only its guest", async (_, respond, answer, message) => {
    let asked = 0;
    using server = serve((request, path) => {
      if (!path.includes("/100/")) return answers(request, path);
      asked++;
      return respond();
    });
    const ctx = contextOf(server.client, {}, { PROXBOX_GUEST_AGENT_TIMEOUT: 1 });
    const found = await observeAgents(ctx, endpoint, "k", [withAgent(guest(100)), withAgent(guest(101))]);
    expect(found.get(100)).toMatchObject(answer as never);
    expect((found.get(100) as { error: { message: string } }).error.message).toMatch(message);
    expect(found.get(101)?.state).toBe("ok");
    expect(asked).toBe(1);
  });

  test.each([
    ["VM 100 is not running", "qemu", "stopped"],
    ["No QEMU guest agent configured", "qemu", "disabled"],
    ["CT 100 not running", "lxc", "stopped"],
    ["", "lxc", "stopped"],
    [null, "lxc", "stopped"],
  ] as const)("%p: there is nobody to ask", async (message, type, reason) => {
    using server = serve(() => (message ? refuse(message) : data(message === null ? null : [])));
    const found = await observeAgents(contextOf(server.client), endpoint, "k", [withAgent(guest(100, type))]);
    expect(found.get(100)).toEqual({ state: "none", reason });
  });

  test("a name that cannot be read is not known; one of a guest without address is not asked for", async () => {
    const asked: string[] = [];
    using server = serve((_, path) => {
      asked.push(path);
      if (path.endsWith("/get-host-name")) return refuse("got timeout");
      return data({ result: path.includes("/101/") ? interfaces.slice(0, 1) : interfaces });
    });
    const guests = [withAgent(guest(100)), withAgent(guest(101))];
    const found = await observeAgents(contextOf(server.client), endpoint, "k", guests);
    for (const vmid of [100, 101]) expect(found.get(vmid)).toMatchObject({ state: "ok", hostname: null });
    expect(asked.filter((path) => path.endsWith("/get-host-name"))).toEqual(["/nodes/a/qemu/100/agent/get-host-name"]);
  });

  test("an offline node is asked once, an endpoint that is away ends it", async () => {
    let asked = 0;
    let respond = () => new Response("", { status: 595 });
    using server = serve(
      () => {
        asked++;
        return respond();
      },
      { retries: 0 },
    );
    const guests = [100, 101, 102].map((vmid) => withAgent(guest(vmid)));
    const found = await observeAgents(contextOf(server.client), endpoint, "k", guests);
    for (const answer of found.values()) expect(answer).toMatchObject({ error: { code: "proxmox_node_offline" } });
    expect(asked).toBe(1);
    respond = reset;
    const ctx = contextOf(server.client);
    expect((await failureOf(observeAgents(ctx, endpoint, "k", guests))).code).toBe("proxmox_unreachable");
    expect(ctx.stored.size).toBe(0);
  });
});
