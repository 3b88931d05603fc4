import { afterEach, expect, test } from "bun:test";
import { endpointPush } from "./endpoint-push.ts";
import { isCurrent, type PluginEndpoint, proxmoxBody } from "./endpoint-rows.ts";
import { syncOne } from "./individual.ts";
import { checkKey, checkKeyForJob } from "./keys.ts";

const endpoint: PluginEndpoint = {
  pk: 7,
  name: "lab",
  domain: "PVE.example.com.",
  ip: null,
  port: 8006,
  username: "root@pam",
  password: null,
  tokenName: "t",
  tokenValue: "v",
  verifySsl: true,
  enabled: true,
  timeout: 5,
  maxRetries: 0,
  retryBackoff: 0.5,
};
const stored = { id: 3, ...proxmoxBody("0.0.29.post6", endpoint) };

let calls: string[] = [];
const running: { stop(now: boolean): Promise<void> }[] = [];
afterEach(async () => {
  for (const server of running.splice(0)) await server.stop(true);
});

/** A backend that answers from a table, by method and path, and notes what it was asked. */
function backendOf(answers: Record<string, unknown>): { url: string; key: string } {
  calls = [];
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch: async (request) => {
      const { pathname, search } = new URL(request.url);
      const body = await request.text();
      calls.push(`${request.method} ${pathname}${search}${body === "" ? "" : ` ${body}`}`);
      const answer = answers[`${request.method} ${pathname}`];
      return typeof answer === "number"
        ? Response.json({ detail: `HTTP ${answer}` }, { status: answer, headers: { "retry-after": "1" } })
        : Response.json(answer ?? null);
    },
  });
  running.push(server);
  return { url: `http://127.0.0.1:${server.port}`, key: "k" };
}

test("a renamed endpoint is a new row for 0.0.24, and the same row for 0.0.29", async () => {
  const renamed = { ...stored, name: "former (nb:7)" };
  const answers = { "GET /proxmox/endpoints": [renamed], "POST /proxmox/endpoints": { id: 4 } };
  await endpointPush(backendOf(answers), "0.0.24").proxmox(endpoint);
  expect(calls.map((call) => call.split(" {")[0])).toEqual(["GET /proxmox/endpoints", "POST /proxmox/endpoints"]);
  expect(calls[1]).not.toContain("enabled");
  await endpointPush(backendOf(answers), "0.0.29.post6").proxmox(endpoint);
  expect(calls[1]).toStartWith("PUT /proxmox/endpoints/3 ");
  expect(calls[1]).toContain('"name":"lab (nb:7)"');
  expect(calls[1]).toContain('"enabled":true');
});

test("0.0.29 confirms by id what it has pushed, and pushes again when that is gone", async () => {
  const answers: Record<string, unknown> = {
    "GET /proxmox/endpoints": [],
    "POST /proxmox/endpoints": stored,
    "GET /proxmox/endpoints/3": stored,
  };
  const push = endpointPush(backendOf(answers), "0.0.29.post6");
  expect(await push.proxmox(endpoint)).toBeNull();
  expect(await push.proxmox(endpoint)).toBeNull();
  expect(await push.resolve(endpoint)).toBe(3);
  expect(calls.slice(2)).toEqual(["GET /proxmox/endpoints/3", "GET /proxmox/endpoints/3"]);
  answers["GET /proxmox/endpoints/3"] = 404;
  expect(await push.resolve(endpoint)).toMatch(/is not registered/);
  answers["GET /proxmox/endpoints/3"] = 500;
  expect(await push.proxmox(endpoint)).toBeNull();
  expect(await push.proxmox(endpoint)).toBe("HTTP 500");
});

test("two rows of one endpoint are switched off, and nothing is pushed", async () => {
  const answers = { "GET /proxmox/endpoints": [stored, { ...stored, id: 4 }] };
  const failure = await endpointPush(backendOf(answers), "0.0.29.post6").proxmox(endpoint);
  expect(failure).toMatch(/Several rows/);
  const off = '{"enabled":false,"allow_packer_template_builds":false}';
  expect(calls.slice(1)).toEqual([`PUT /proxmox/endpoints/3 ${off}`, `PUT /proxmox/endpoints/4 ${off}`]);
});

test("a row that leads elsewhere is not used, and one with a number as text is no current one", async () => {
  const answers = { "GET /proxmox/endpoints": [{ ...stored, port: 8007 }] };
  expect(await endpointPush(backendOf(answers), "0.0.29.post6").resolve(endpoint)).toMatch(/another host or port/);
  expect(isCurrent("0.0.29.post6", stored, endpoint)).toBe(true);
  for (const wrong of [{ timeout: "5" }, { enabled: undefined }, { retry_backoff: 1 }])
    expect(isCurrent("0.0.29.post6", { ...stored, ...wrong }, endpoint)).toBe(false);
});

test("a key is accepted by a list of keys, registered only where it may be, and tried again by new jobs only", async () => {
  const known = { "GET /auth/bootstrap-status": { needs_bootstrap: false, has_db_keys: true } };
  const key = { id: 1, label: "", is_active: true, created_at: 1.5 };
  const verdict = async (answers: Record<string, unknown>, may = false) =>
    (await checkKey(backendOf({ ...known, ...answers }), may)).verdict;
  expect(await verdict({ "GET /auth/keys": { keys: [key] } })).toBe("accepted");
  for (const wrong of [{ id: true }, { created_at: "2026-01-01" }, { label: null }, { is_active: 1 }])
    expect(await verdict({ "GET /auth/keys": { keys: [{ ...key, ...wrong }] } })).toBe("malformed_response");
  expect(await verdict({ "GET /auth/keys": { keys: [] } })).toBe("malformed_response");
  expect(await verdict({ "GET /auth/keys": 401 })).toBe("candidate_rejected");
  expect(await verdict({ "GET /auth/keys": 500 })).toBe("validation_http_500");
  const fresh = { "GET /auth/bootstrap-status": { needs_bootstrap: true, has_db_keys: false } };
  expect(await verdict(fresh)).toBe("bootstrap_required");
  expect(await verdict({ ...fresh, "POST /auth/register-key": 409 }, true)).toBe("bootstrap_conflict");

  const busy = { ...known, "GET /auth/keys": 429 };
  const waits: number[] = [];
  const wait = async (ms: number) => void waits.push(ms);
  expect(await checkKeyForJob(backendOf(busy), "0.0.24", wait)).toBe("backend_throttled");
  expect(waits).toEqual([]);
  expect(await checkKeyForJob(backendOf(busy), "0.0.29.post6", wait)).toBe("backend_throttled");
  expect(waits).toEqual(Array(9).fill(1_000));
});

test("what an object brought along is followed once, with its own parameters and those of the object", async () => {
  const machine = { object_type: "vm", action: "created", vmid: 100, type: "lxc", node: "pve1", cluster_name: "lab" };
  const cluster = { object_type: "cluster", action: "updated", name: "lab" };
  const answers = {
    "GET /sync/individual/backup": {
      action: "created",
      dependencies_synced: [machine, { ...cluster, action: "unchanged" }],
    },
    "GET /sync/individual/vm": { action: "updated", dependencies_synced: [cluster, machine] },
    "GET /sync/individual/cluster": { action: "unchanged" },
  };
  const params = { cluster_name: "lab", node: "pve1", storage: "s", vmid: "100", volid: "s:v" };
  const made = await syncOne(backendOf(answers), "backup", params, 3);
  expect(made.map(({ kind, status }) => `${kind} ${status}`)).toEqual(["backup 200", "vm 200", "cluster 200"]);
  expect(calls[1]).toMatch(/^GET \/sync\/individual\/vm\?.*type=lxc.*proxmox_endpoint_ids=3$/);
  const wrong = { "GET /sync/individual/vm": { dependencies_synced: null } };
  await expect(syncOne(backendOf(wrong), "vm", {}, null)).rejects.toThrow(TypeError);
});
