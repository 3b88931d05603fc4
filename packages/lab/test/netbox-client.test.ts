import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { type SimulatedNetBox, startNetBox } from "@proxbox/lab/netbox/server";
import {
  createNetBoxClient,
  type NetBoxClient,
  type NetBoxClientOptions,
  newClientMemory,
} from "@proxbox/netbox/client";
import type { RequestSample } from "@proxbox/netbox/send";
import { CancelledError, type ProxboxError } from "@proxbox/runtime/errors";
import { createLeadJudge } from "@proxbox/runtime/forbidden-target";
import { createLogger } from "@proxbox/runtime/log";

const log = createLogger({ service: "test", replica: "test", level: "silent" });
const signal = new AbortController().signal;
const quick = { minDelayMs: 5, maxDelayMs: 20 };

let netbox: SimulatedNetBox;
let samples: RequestSample[];
let held: number;
let most: number;

beforeEach(async () => {
  netbox = await startNetBox();
  samples = [];
  held = 0;
  most = 0;
});
afterEach(() => netbox[Symbol.asyncDispose]());

function connect(more: Partial<NetBoxClientOptions> = {}): NetBoxClient {
  return createNetBoxClient({
    url: netbox.url,
    authorization: `Token ${netbox.tokens.v1}`,
    verifyTls: true,
    permit: async (_, permitSignal, work) => {
      most = Math.max(most, ++held);
      try {
        return await work(permitSignal, 0);
      } finally {
        held--;
      }
    },
    onSample: (sample) => samples.push(sample),
    log,
    patience: quick,
    ...more,
  });
}

const tags = (count: number, from = 0) =>
  Array.from({ length: count }, (_, index) => ({ name: `t${from + index}`, slug: `t${from + index}` }));

function estate(): { cluster: number; site: number } {
  const site = netbox.insert("dcim/sites", { name: "s", slug: "s" }).id as number;
  const type = netbox.insert("virtualization/cluster-types", { name: "t", slug: "t" }).id as number;
  const scope = { scope_type: "dcim.site", scope_id: site };
  return { site, cluster: netbox.insert("virtualization/clusters", { name: "c", type, ...scope }).id as number };
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => "none",
    (error: ProxboxError) => error.code,
  );
}

describe("access", () => {
  test("takes tokens of both versions", async () => {
    for (const authorization of [`Token ${netbox.tokens.v1}`, netbox.tokens.v2.header]) {
      const status = await connect({ authorization }).status(signal);
      expect(status.version).toBe("4.6.8");
      expect([status.atLeast(4, 6), status.atLeast(4, 6, 9), status.atLeast(4, 7)]).toEqual([true, false, false]);
      expect(status.plugin).toBe("0.0.29.post6");
    }
  });

  test("says that a token is not accepted, without showing it", async () => {
    const secret = "feedfacefeedfacefeedfacefeedfacefeedface";
    const error = await connect({ authorization: `Token ${secret}` })
      .status(signal)
      .catch((thrown: ProxboxError) => thrown);
    expect(error).toMatchObject({ code: "netbox_unauthorized", retryable: false });
    expect(JSON.stringify(error) + String((error as Error).message)).not.toContain(secret);
  });

  test("names the permission that is missing and does not ask twice", async () => {
    const client = connect();
    await client.status(signal);
    netbox.permissions.deny("v1", "add", "extras/tags");
    netbox.resetCounts();
    const error = await client.create("tag", tags(3), signal).catch((thrown: ProxboxError) => thrown);
    expect(error).toMatchObject({ code: "netbox_forbidden", object: "extras.tag", retryable: false });
    expect((error as ProxboxError).next).toContain("extras.add_tag");
    expect(netbox.counts().writes).toBe(1);
  });

  test("sends the branch and opens a connection for each request", async () => {
    const seen: { branch: string | null; port: number }[] = [];
    await using server = Bun.serve({
      port: 0,
      fetch: (request, self) => {
        seen.push({ branch: request.headers.get("x-netbox-branch"), port: self.requestIP(request)?.port ?? 0 });
        return Response.json({ "netbox-version": "4.6.8", count: null, next: null, results: [] });
      },
    });
    const client = connect({ url: server.url.href, branch: "b1" });
    await client.list("dcim/sites", {}, signal);
    expect(seen.map(({ branch }) => branch)).toEqual(["b1", "b1"]);
    expect(new Set(seen.map(({ port }) => port)).size).toBe(2);
  });
});

describe("lists", () => {
  for (const version of ["4.6.8", "4.5.8"]) {
    test(`reads every page of a long table of NetBox ${version}`, async () => {
      await netbox[Symbol.asyncDispose]();
      netbox = await startNetBox({ version });
      for (const tag of tags(2_345)) netbox.insert("extras/tags", tag);
      const rows = await connect().list<{ id: number; slug: string }>("extras/tags", { fields: "slug" }, signal);
      expect(rows.length).toBe(2_345);
      expect(new Set(rows.map(({ slug }) => slug)).size).toBe(2_345);
      expect(netbox.counts().reads).toBe(1 + 3);
    });
  }

  test("asks for more ids than a request line holds", async () => {
    for (const tag of tags(1_500)) netbox.insert("extras/tags", tag);
    const ids = netbox.rows("extras/tags").map((row) => row.id as number);
    const rows = await connect().list("extras/tags", { id: ids, fields: "id" }, signal);
    expect(rows.map((row) => (row as { id: number }).id).sort((left, right) => left - right)).toEqual(ids);
  });

  test("reads one cloud-init row per request, because NetBox obeys only the last of several machines", async () => {
    const { cluster } = estate();
    const machines = ["a", "b", "c"].map(
      (name) => netbox.insert("virtualization/virtual-machines", { name, cluster }).id as number,
    );
    for (const virtual_machine of machines) netbox.insert("plugins/proxbox/vm-cloudinit", { virtual_machine });
    const lookups = machines.map((virtual_machine) => ({ virtual_machine }));
    expect((await connect().read("vm-cloudinit", { lookups }, signal)).length).toBe(3);
  });

  test("an answer that is not NetBox's is no list", async () => {
    const client = connect();
    await client.status(signal);
    netbox.faults.add({ kind: "html", path: "dcim/sites" });
    expect(await codeOf(client.list("dcim/sites", {}, signal))).toBe("netbox_bad_answer");
  });
});

describe("bulk writes", () => {
  test("lands the good rows beside refused ones, in two requests where NetBox names the guilty", async () => {
    const { cluster } = estate();
    const client = connect();
    const rows = Array.from({ length: 50 }, (_, index) => ({
      name: `vm${index}`,
      cluster,
      status: index % 17 === 3 ? "nope" : "active",
    }));
    netbox.resetCounts();
    const written = await client.create("virtual-machine", rows, signal);
    const failed = written.flatMap((result, index) => ("error" in result ? [[index, result.error.field]] : []));
    expect(failed).toEqual([
      [3, "status"],
      [20, "status"],
      [37, "status"],
    ]);
    expect(netbox.rows("virtualization/virtual-machines").length).toBe(47);
    expect(netbox.counts().writes).toBe(2);
  });

  test("halves a batch of devices, of which NetBox names none", async () => {
    const { site } = estate();
    const manufacturer = netbox.insert("dcim/manufacturers", { name: "m", slug: "m" }).id as number;
    const device_type = netbox.insert("dcim/device-types", { model: "d", slug: "d", manufacturer }).id as number;
    const rows = Array.from({ length: 8 }, (_, index) => ({
      name: `d${index}`,
      site,
      device_type,
      role: 1,
      status: index === 5 ? "nope" : "active",
    }));
    const written = await connect().create("device", rows, signal);
    expect(written.map((result) => "row" in result)).toEqual(rows.map((_, index) => index !== 5));
    expect(netbox.rows("dcim/devices").length).toBe(7);
  });

  test("hands back what stands there already instead of making it", async () => {
    const { cluster } = estate();
    const present = netbox.insert("virtualization/virtual-machines", { name: "VM2", cluster }).id;
    const rows = ["vm1", "vm2", "vm3"].map((name) => ({ name, cluster }));
    const written = await connect().create("virtual-machine", rows, signal);
    expect(written.map((result) => Object.keys(result)[0])).toEqual(["row", "existing", "row"]);
    expect(written[1]).toMatchObject({ existing: { id: present }, sent: false });
  });

  test("hands back a sidecar and a cloud-init row, whose refusals name no row", async () => {
    const { cluster } = estate();
    const ids = ["a", "b"].map(
      (name) => netbox.insert("virtualization/virtual-machines", { name, cluster }).id as number,
    );
    const client = connect();
    for (const [kind, path] of [
      ["sync-state-virtual-machine", "plugins/proxbox/sync-state/virtual-machines"],
      ["vm-cloudinit", "plugins/proxbox/vm-cloudinit"],
    ] as const) {
      netbox.insert(path, { virtual_machine: ids[1] as number });
      const rows = ids.map((virtual_machine) => ({ virtual_machine }));
      const written = await client.create(kind, rows, signal);
      expect(written.map((result) => Object.keys(result)[0])).toEqual(["row", "existing"]);
      expect(netbox.rows(path).length).toBe(2);
    }
  });

  test("changes rows in bulk down to the guilty one, and says which are gone", async () => {
    const { cluster } = estate();
    const ids = Array.from(
      { length: 20 },
      (_, index) => netbox.insert("virtualization/virtual-machines", { name: `v${index}`, cluster }).id as number,
    );
    netbox.remove("virtualization/virtual-machines", ids[4] as number);
    const rows = ids.map((id, index) => ({ id, memory: index === 13 ? "much" : 512 }));
    const written = await connect().update("virtual-machine", rows, signal);
    const errors = written.flatMap((result, index) => ("error" in result ? [[index, result.error.code]] : []));
    expect(errors).toEqual([
      [4, "netbox_gone"],
      [13, "netbox_refused"],
    ]);
    expect(netbox.rows("virtualization/virtual-machines").filter((row) => row.memory === 512).length).toBe(18);
  });

  test("deletes in bulk, gone ones too, and leaves what others depend on", async () => {
    const { site, cluster } = estate();
    netbox.insert("virtualization/virtual-machines", { name: "v", cluster });
    const others = ["x", "y", "z"].map((slug) => netbox.insert("dcim/sites", { name: slug, slug }).id as number);
    const written = await connect().remove("site", [...others, site, 9_999], signal);
    expect(written.map((result) => ("error" in result ? result.error.code : "deleted"))).toEqual([
      "deleted",
      "deleted",
      "deleted",
      "netbox_protected",
      "deleted",
    ]);
    expect(netbox.rows("dcim/sites").map((row) => row.id)).toEqual([site]);
  });

  test("cuts batches at their ceiling", async () => {
    const client = connect({ limits: { ceiling: 20 } });
    netbox.resetCounts();
    await client.create("tag", tags(45), signal);
    expect(netbox.counts().writes).toBe(3);
    expect(client.batchSizes()["tag POST"]).toBe(20);
  });

  test("a kind's own bounds count where they are narrower", async () => {
    const client = connect({
      limits: { ceiling: 20 },
      paces: { tag: { ceiling: 10, delayMs: 30 }, site: { ceiling: 40 } },
    });
    netbox.resetCounts();
    const began = performance.now();
    await client.create("tag", tags(25), signal);
    expect(performance.now() - began).toBeGreaterThanOrEqual(60);
    expect(netbox.counts().writes).toBe(3);
    await client.create("site", tags(25), signal);
    expect(netbox.counts().writes).toBe(5);
  });

  test("makes batches smaller when they take long", async () => {
    const client = connect({ limits: { targetMs: 20 } });
    netbox.faults.add({ kind: "delay", ms: 100, method: "POST" });
    await client.create("tag", tags(60), signal);
    expect(client.batchSizes()["tag POST"]).toBeLessThan(20);
  });
});

describe("faults", () => {
  test("waits out overload, holding no permit between attempts, and tells of each", async () => {
    const client = connect();
    await client.status(signal);
    samples = [];
    netbox.faults.add({ kind: "status", status: 503, method: "POST", times: 2 });
    netbox.faults.add({ kind: "status", status: 500, body: { error: "deadlock detected" }, method: "POST", times: 1 });
    const written = await client.create("tag", tags(2), signal);
    expect(written.every((result) => "row" in result)).toBe(true);
    expect(samples.map(({ status, overload, objects }) => [status, overload, objects])).toEqual([
      [503, true, 0],
      [503, true, 0],
      [500, true, 0],
      [201, false, 2],
    ]);
    expect([held, most]).toEqual([0, 1]);
  });

  test("obeys Retry-After", async () => {
    let calls = 0;
    await using server = Bun.serve({
      port: 0,
      fetch: () =>
        ++calls === 1
          ? new Response("{}", { status: 429, headers: { "retry-after": "1" } })
          : Response.json({ "netbox-version": "4.6.8" }),
    });
    const started = performance.now();
    await connect({ url: server.url.href }).status(signal);
    expect(performance.now() - started).toBeGreaterThan(1_000);
  });

  for (const fault of [{ kind: "lost-answer" }, { kind: "truncated" }, { kind: "reset" }] as const) {
    test(`makes every row once when an answer is lost (${fault.kind})`, async () => {
      const client = connect();
      await client.status(signal);
      netbox.faults.add({ ...fault, method: "POST", times: 1 });
      const written = await client.create("tag", tags(5), signal);
      const expected = fault.kind === "reset" ? "row" : "existing";
      expect(written.map((result) => Object.keys(result)[0])).toEqual(Array(5).fill(expected));
      expect(netbox.rows("extras/tags").length).toBe(5);
    });
  }

  test("makes every row once when a request times out and is carried out later", async () => {
    const client = connect({ timeoutMs: 150 });
    await client.status(signal);
    netbox.faults.add({ kind: "delay", ms: 300, method: "POST", times: 1 });
    const written = await client.create("tag", tags(5), signal);
    await Bun.sleep(300);
    expect(written.every((result) => !("error" in result))).toBe(true);
    expect(netbox.rows("extras/tags").length).toBe(5);
  });

  test("says that NetBox cannot be reached", async () => {
    const client = connect({ url: "http://127.0.0.1:1", patience: { ...quick, unreachableMs: 50 } });
    const error = await client.status(signal).catch((thrown: ProxboxError) => thrown);
    expect(error).toMatchObject({ code: "netbox_unreachable", retryable: true });
    expect((error as Error).message).toContain("127.0.0.1:1");
  });

  test("gives up overload after its time, still worth a retry", async () => {
    netbox.faults.add({ kind: "status", status: 503 });
    const client = connect({ patience: { ...quick, overloadMs: 60 } });
    const error = await client.status(signal).catch((thrown: ProxboxError) => thrown);
    expect(error).toMatchObject({ code: "netbox_overloaded", retryable: true, overload: true });
  });

  test("stops at once when called off, without a sample of overload", async () => {
    netbox.faults.add({ kind: "delay", ms: 5_000 });
    const calledOff = new AbortController();
    const asking = connect().status(calledOff.signal);
    setTimeout(() => calledOff.abort(), 50);
    const started = performance.now();
    expect(await asking.catch((thrown: unknown) => thrown)).toBeInstanceOf(CancelledError);
    expect(performance.now() - started).toBeLessThan(1_000);
    expect(samples).toEqual([]);
  });
});

test("a name that leads to a metadata service is not called", async () => {
  const judge = createLeadJudge({ resolve: async () => ["10.0.0.1", "169.254.169.254"] });
  const url = netbox.url.replace("127.0.0.1", "localhost");
  const client = connect({ url, memory: newClientMemory(judge) });
  const failure = await client.get("/api/status/", signal).catch((thrown) => thrown);
  expect(failure).toMatchObject({
    code: "netbox_address_refused",
    message: "NetBox is not called: localhost leads to 169.254.169.254, a link-local address.",
    retryable: false,
  });
  expect(netbox.counts().requests).toBe(0);
});

test("a redirect takes neither a request nor the token elsewhere", async () => {
  let elsewhere = 0;
  using trap = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch: () => {
      elsewhere += 1;
      return Response.json({});
    },
  });
  for (const status of [301, 302, 307, 308]) {
    const headers = { location: `${trap.url}latest/meta-data` };
    using server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response(null, { status, headers }) });
    const client = connect({ url: `http://127.0.0.1:${server.port}` });
    const failure = await client.get("/api/status/", signal).catch((thrown) => thrown);
    expect(failure).toMatchObject({ code: "netbox_bad_answer", status, retryable: false });
  }
  expect(elsewhere).toBe(0);
});

test("a refusal that repeats the token is told without it", async () => {
  const { key, secret } = netbox.tokens.v2;
  const authorizations = [`Token ${netbox.tokens.v1}`, `Bearer nbt_${key}.${secret}`];
  for (const authorization of authorizations) {
    const own = authorization.split(/[ .]/).at(-1) ?? "";
    const client = connect({ url: netbox.url, authorization });
    for (const status of [400, 401, 403, 500]) {
      const body = { detail: `${authorization}; '${own}' of ${status}`, name: [own] };
      netbox.faults.add({ kind: "status", status, body, times: 1 });
      const failure: Error = await client.get("/api/dcim/sites/", signal).then(
        () => new Error("It was answered."),
        (thrown) => thrown,
      );
      expect(failure.message).toContain("[hidden]");
      expect(JSON.stringify([failure.message, String(failure.cause)])).not.toContain(own);
    }
  }
});
