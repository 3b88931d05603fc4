import { describe, expect, test } from "bun:test";
import { createLeadJudge } from "@proxbox/runtime/forbidden-target";
import type { ProxmoxTarget } from "../src/target.ts";
import { clientFor, data, failureOf, reset, serve } from "./server.ts";

const signal = AbortSignal.timeout(20_000);

describe("logging in", () => {
  test("a token goes into every request", async () => {
    using server = serve((request) => data(request.headers.get("authorization")));
    expect(await server.client.get("/version", { signal })).toBe("PVEAPIToken=root@pam!proxbox=4b1f-secret");
  });

  test("a password is exchanged once for a ticket, and again when that is refused", async () => {
    const logins: unknown[] = [];
    let valid = "";
    using server = serve(
      async (request, path) => {
        if (path === "/access/ticket") {
          logins.push(Object.fromEntries(new URLSearchParams(await request.text())));
          valid = `PVE:root@pam:${logins.length}::+/=`;
          return data({ ticket: valid, username: "root@pam", CSRFPreventionToken: "x" });
        }
        const sent = request.headers.get("cookie") === `PVEAuthCookie=${encodeURIComponent(valid)}`;
        return sent ? data("in") : new Response("", { status: 401 });
      },
      { credentials: { by: "password", user: "root@pam", password: "p&w=1" } },
    );
    const many = Array.from({ length: 10 }, () => server.client.get("/version", { signal }));
    expect(new Set(await Promise.all(many))).toEqual(new Set(["in"]));
    expect(logins).toEqual([{ username: "root@pam", password: "p&w=1" }]);
    valid = "expired on the server";
    expect(await server.client.get("/version", { signal })).toBe("in");
    expect(logins).toHaveLength(2);
  });

  test("a second factor cannot be given", async () => {
    using server = serve(() => data({ ticket: "PVE:!tfa!x", NeedTFA: 1, username: "root@pam" }), {
      credentials: { by: "password", user: "root@pam", password: "p" },
    });
    const failure = await failureOf(server.client.get("/version", { signal }));
    expect(failure.code).toBe("proxmox_unauthorized");
    expect(failure.next).toBe("Use an API token for this endpoint.");
  });

  test("without credentials nothing is sent", async () => {
    let asked = 0;
    using server = serve(() => data(++asked), { credentials: null });
    expect(await failureOf(server.client.get("/version", { signal }))).toMatchObject({
      code: "proxmox_unauthorized",
      field: "token_value",
    });
    expect(asked).toBe(0);
  });
});

describe("failures have a code, a sentence and the next step", () => {
  const answer = (status: number, message: string) =>
    Response.json({ data: null, message: `${message}\n` }, { status });
  test.each<[string, () => Response, string, number, RegExp]>([
    [
      "401",
      () => answer(401, "no such token 'proxbox' for user 'root@pam'"),
      "proxmox_unauthorized",
      1,
      /refused the API token root@pam!proxbox \(401\): no such token/,
    ],
    [
      "403",
      () => answer(403, "Permission check failed (/vms/100, VM.Audit)"),
      "proxmox_forbidden",
      1,
      /lacks the privilege VM\.Audit on \/vms\/100 \(403\)/,
    ],
    ["403 without words", () => new Response("", { status: 403 }), "proxmox_forbidden", 1, /lacks a privilege \(403\)/],
    [
      "595",
      () => answer(595, "No route to host"),
      "proxmox_node_offline",
      1,
      /cannot reach the node that answers .* \(595\): No route to host\.$/,
    ],
    ["596", () => new Response("", { status: 596 }), "proxmox_node_offline", 1, /\(596\)/],
    ["599", () => answer(599, "Too many redirections"), "proxmox_node_offline", 1, /\(599\)/],
    ["500", () => answer(500, "got timeout"), "proxmox_error", 3, /with 500: got timeout\.$/],
    ["503", () => new Response("<html>", { status: 503 }), "proxmox_error", 3, /with 503/],
    ["501", () => answer(501, "Method 'GET /x' not implemented"), "proxmox_error", 1, /with 501/],
    [
      "400",
      () => Response.json({ data: null, errors: { vmid: "invalid format" } }, { status: 400 }),
      "proxmox_error",
      1,
      /vmid: invalid format/,
    ],
    [
      "a guest that left",
      () => answer(500, "Configuration file 'nodes/pve1/qemu-server/100.conf' does not exist"),
      "proxmox_not_found",
      1,
      /has no \/x/,
    ],
    [
      "half of a JSON text",
      () => new Response('{"data":[{"vmid":1'),
      "proxmox_bad_answer",
      3,
      /no whole JSON object \(18 characters\)/,
    ],
    [
      "an HTML page",
      () => new Response("<!DOCTYPE html><html>"),
      "proxmox_bad_answer",
      3,
      /an HTML page instead of JSON/,
    ],
    ["an empty body", () => new Response(""), "proxmox_bad_answer", 3, /an empty body/],
    ["JSON without data", () => Response.json({ ok: 1 }), "proxmox_bad_answer", 3, /JSON that has no data/],
    [
      "a redirect",
      () => Response.redirect("https://example.com/"),
      "proxmox_bad_answer",
      3,
      /a redirect to https:\/\/example\.com\//,
    ],
    ["a broken connection", reset, "proxmox_unreachable", 3, /does not answer \/x: .*closed unexpectedly\.$/],
  ])("%s", async (_, respond, code, requests, message) => {
    let asked = 0;
    using server = serve(() => {
      asked++;
      return respond();
    });
    const failure = await failureOf(server.client.get("/x", { signal }));
    expect(failure).toMatchObject({ name: "ProxmoxAPIError", code, object: "endpoint pve" });
    expect(failure.message).toMatch(message);
    expect(asked).toBe(requests);
  });

  test("no failure contains a secret, even when the server sends it back", async () => {
    using server = serve((request) =>
      Response.json({ data: null, message: `bad: ${request.headers.get("authorization")}` }, { status: 401 }),
    );
    const failure = await failureOf(server.client.get("/x", { signal }));
    expect(failure.message).toContain("bad: PVEAPIToken=root@pam!proxbox=[hidden]");
    expect(JSON.stringify([failure.message, failure.cause, String(failure.cause)])).not.toContain("4b1f-secret");
  });

  test.each<[string, Partial<ProxmoxTarget>]>([
    ["a token", {}],
    ["a password", { credentials: { by: "password", user: "root@pam", password: "4b1f-secret" } }],
  ])("a redirect takes neither a request nor %s elsewhere", async (_, change) => {
    const elsewhere: Request[] = [];
    using trap = serve((request) => {
      elsewhere.push(request);
      return data({});
    });
    for (const status of [301, 302, 303, 307, 308]) {
      const location = `${trap.origin}/latest/meta-data?got=4b1f-secret`;
      using server = serve(() => new Response(null, { status, headers: { location } }), { ...change, retries: 0 });
      const failure = await failureOf(server.client.get("/x", { signal }));
      expect(failure).toMatchObject({ code: "proxmox_bad_answer", status });
      expect(failure.message).not.toContain("4b1f-secret");
    }
    expect(elsewhere).toEqual([]);
  });

  test("a token that cannot be a header is not told by the failure", async () => {
    using server = serve(() => data(1), {
      credentials: { by: "token", id: "root@pam!proxbox", secret: "4b1f\nsecret" },
      retries: 0,
    });
    const failure = await failureOf(server.client.get("/x", { signal }));
    expect(JSON.stringify([failure.message, String(failure.cause)])).not.toMatch(/4b1f|secret/);
  });

  test("secrets of others are masked in every answer", async () => {
    using server = serve(() => data([{ ipam: "nb", token: "planted" }]));
    expect(await server.client.get("/cluster/sdn/ipams", { signal })).toEqual([{ ipam: "nb", token: "**********" }]);
  });
});

describe("trying again", () => {
  test.each([
    ["reset", reset],
    ["502", () => new Response("", { status: 502 })],
    ["half JSON", () => new Response("{")],
  ])("a read succeeds after %s twice", async (_, respond) => {
    let asked = 0;
    using server = serve(() => (++asked <= 2 ? respond() : data("here")));
    expect(await server.client.get("/x", { signal })).toBe("here");
  });

  test("a timeout is not waited for again", async () => {
    let asked = 0;
    using server = serve(
      async () => {
        asked++;
        await Bun.sleep(400);
        return data(1);
      },
      { timeoutMs: 80 },
    );
    const failure = await failureOf(server.client.get("/x", { signal }));
    expect(failure).toMatchObject({ code: "proxmox_timeout", retryable: true });
    expect(failure.message).toBe(`Proxmox endpoint pve at ${server.origin} did not answer /x within 0.08 s.`);
    expect(asked).toBe(1);
  });

  test("an aborted read is cancelled, not failed", async () => {
    const controller = new AbortController();
    using server = serve(async () => {
      controller.abort();
      await Bun.sleep(200);
      return data(1);
    });
    const failure = await failureOf(server.client.get("/x", { signal: controller.signal }));
    expect(failure.name).toBe("CancelledError");
  });
});

describe("addresses", () => {
  test("the second is used when the first does not answer, and kept", async () => {
    let asked = 0;
    using server = serve(() => data(++asked));
    const client = clientFor([unused(), server.origin]);
    expect(await client.get("/x", { signal })).toBe(1);
    expect(await client.get("/x", { signal })).toBe(2);
  });

  test("when none answers the failure names them all", async () => {
    const [first, second] = [unused(), unused()];
    const failure = await failureOf(clientFor([first, second], { retries: 0 }).get("/x", { signal }));
    expect(failure).toMatchObject({ code: "proxmox_unreachable", retryable: true });
    expect(failure.message).toContain(first);
    expect(failure.message).toContain(second);
  });

  test("what takes its own time at a server that has answered before is not asked for at the next one", async () => {
    const asked: string[] = [];
    const handler = (name: string) => (_: Request, path: string) => {
      asked.push(`${name} ${path}`);
      return path === "/slow" ? Bun.sleep(2_000).then(() => data(1)) : data(1);
    };
    using first = serve(handler("first"));
    using second = serve(handler("second"));
    await using client = clientFor([first.origin, second.origin]);
    await client.get("/version", { signal });
    expect((await failureOf(client.get("/slow", { signal, timeoutMs: 100 }))).code).toBe("proxmox_timeout");
    expect(asked).toEqual(["first /version", "first /slow"]);
    expect(await client.get("/version", { signal })).toBe(1);
  });

  test("an endpoint without address says so", async () => {
    const failure = await failureOf(clientFor([]).get("/x", { signal }));
    expect(failure).toMatchObject({ code: "proxmox_unreachable", field: "ip_address" });
  });
});

test("at most three requests are in flight per node, and nodes do not wait for each other", async () => {
  const inFlight = new Map<string, number>();
  const most = new Map<string, number>();
  let together = 0;
  using server = serve(async (_, path) => {
    const node = path.split("/")[2] ?? "";
    inFlight.set(node, (inFlight.get(node) ?? 0) + 1);
    most.set(node, Math.max(most.get(node) ?? 0, inFlight.get(node) ?? 0));
    together = Math.max(
      together,
      inFlight.values().reduce((sum, count) => sum + count, 0),
    );
    await Bun.sleep(15);
    inFlight.set(node, (inFlight.get(node) ?? 0) - 1);
    return data(1);
  });
  const reads = ["a", "b"].flatMap((node) =>
    Array.from({ length: 12 }, () => server.client.get(`/nodes/${node}/x`, { signal, node })),
  );
  await Promise.all([...reads, ...Array.from({ length: 9 }, () => server.client.get("/cluster/none", { signal }))]);
  expect(Object.fromEntries(most)).toEqual({ a: 3, b: 3, none: 3 });
  expect(together).toBeGreaterThan(6);
});

/** An address where nothing listens. */
function unused(): string {
  const server = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: () => new Response() });
  void server.stop(true);
  return `https://127.0.0.1:${server.port}`;
}

test("a ceiling bounds the requests to all nodes together", async () => {
  let inFlight = 0;
  let most = 0;
  using server = serve(async () => {
    most = Math.max(most, ++inFlight);
    await Bun.sleep(5);
    inFlight--;
    return data(null);
  });
  await using client = clientFor([server.origin], {}, 4);
  const nodes = Array.from({ length: 24 }, (_, index) => `n${index % 4}`);
  await Promise.all(nodes.map((node) => client.get("/x", { signal, node })));
  expect(most).toBe(4);
});

test("one read may have its own time and its own number of attempts", async () => {
  let asked = 0;
  using server = serve(async (_, path) => {
    asked++;
    if (path === "/slow") await Bun.sleep(500);
    return new Response("", { status: 500 });
  });
  expect((await failureOf(server.client.get("/slow", { signal, timeoutMs: 50 }))).message).toContain("within 0.05 s");
  expect(asked).toBe(1);
  await failureOf(server.client.get("/broken", { signal, retries: 0 }));
  expect(asked).toBe(2);
  await failureOf(server.client.get("/broken", { signal, retries: 1 }));
  expect(asked).toBe(4);
});

describe("names", () => {
  test("one that leads to a link-local address is not called, also not after it led elsewhere", async () => {
    let asked = 0;
    using server = serve(() => data(++asked));
    let now = 0;
    let address = "127.0.0.1";
    const judge = createLeadJudge({ resolve: async () => [address], now: () => now });
    const client = clientFor([server.origin.replace("127.0.0.1", "localhost")], {}, undefined, judge);
    expect(await client.get("/version", { signal })).toBe(1);
    address = "169.254.169.254";
    now = 60_000;
    const failure = await failureOf(client.get("/version", { signal }));
    expect(failure).toMatchObject({
      code: "proxmox_address_refused",
      message: "Proxmox endpoint pve is not called: localhost leads to 169.254.169.254, a link-local address.",
      retryable: false,
    });
    expect(asked).toBe(1);
  });

  test("one that nobody knows is told as such", async () => {
    const client = clientFor(["https://pve.invalid:8006"], { retries: 0 });
    expect(await failureOf(client.get("/version", { signal }))).toMatchObject({
      code: "proxmox_unreachable",
      message:
        "Proxmox endpoint pve at https://pve.invalid:8006 cannot be found: the name pve.invalid has no address (ENOTFOUND).",
      field: "domain",
    });
  });
});
