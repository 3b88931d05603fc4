import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { freePort } from "@proxbox/stack/preflight";
import { ask, type Backend, failureOf } from "../src/plugin/backend.ts";
import { netboxBody, type PluginEndpoint, type PluginNetBox, proxmoxBody } from "../src/plugin/endpoint-rows.ts";
import { runJob } from "../src/plugin/job.ts";
import { checkKey } from "../src/plugin/keys.ts";
import { runStage } from "../src/plugin/stage-stream.ts";
import { pathsOf, type StageName, stageQuery, stagesOf } from "../src/plugin/stages.ts";
import { buildEstate } from "../src/proxmox/build-estate.ts";
import { wrongToken } from "../src/proxmox/faults.ts";
import { credentials } from "../src/proxmox/login.ts";
import { type PluginScene, startPluginScene } from "./plugin-scene.ts";

setDefaultTimeout(30_000);

const newest = "0.0.29.post6";
const releases = ["0.0.24", newest] as const;

let world: PluginScene;

beforeAll(async () => {
  world = await startPluginScene(newest, {
    estate: buildEstate({ seed: 6, clusters: 2, nodes: 3, guests: 12, backupsPerGuest: 1, tasksPerGuest: 1 }),
    env: { PROXBOX_NETBOX_MAX_RETRIES: "1" },
  });
  await runJob(world.plugin);
});
afterAll(() => world[Symbol.asyncDispose]());

/** What came back, and what the user reads of it. */
type Shown = { status: number; text: string | null };

describe("what the plugin's user reads of a refused call", () => {
  const cases: [string, () => Promise<Shown>, number, RegExp][] = [
    ["a wrong key", () => call("GET", "/proxmox/endpoints", undefined, wrongKey("a")), 401, /^Invalid API key\./],
    ["no key", () => call("GET", "/proxmox/endpoints", undefined, null), 401, /^API key required\./],
    ["a key that was switched off", revoked, 401, /^Invalid API key\./],
    ["a key that was wrong five times", lockedOut, 429, /^Too many failed authentication attempts\. Wait five minutes/],
    ["malformed JSON", () => call("POST", "/proxmox/endpoints", "{"), 422, /This is not a JSON object/],
    ["JSON that is no object", () => call("POST", "/proxmox/endpoints", "[1]"), 422, /This is not a JSON object/],
    [
      "an oversized body",
      () => call("POST", "/proxmox/endpoints", { name: "x".repeat(2 ** 21) }),
      413,
      /^The body is larger than 1048576 bytes/,
    ],
    ["an endpoint that is not there", () => read(99), 404, /^There is no Proxmox endpoint 99\. Enabled: 1 \(frankfurt/],
    [
      "a link-local address",
      () => call("PUT", "/proxmox/endpoints/1", { ip_address: "169.254.169.254" }),
      400,
      /link-local/,
    ],
    ["a name that does not exist", () => changed({ domain: "pve.invalid" }, () => read(1)), 200, /^$/],
    [
      "no name that exists and no address that answers",
      async () => changed({ domain: "pve.invalid", port: await freePort() }, () => read(1)),
      502,
      /cannot be found: the name pve\.invalid has no address/,
    ],
    ["an expired Proxmox token", () => withFault(() => read(1)), 502, /refused the API token root@pam!proxbox \(401\)/],
    [
      "Proxmox down",
      () => down(() => read(1)),
      502,
      /frankfurt \(nb:1\) at https:\/\/127\.0\.0\.1:\d+ does not answer/,
    ],
  ];
  for (const [title, shown, status, sentence] of cases)
    test(title, async () => {
      const { text, ...rest } = await shown();
      expect({ ...rest, text: text ?? "" }).toEqual({ status, text: expect.stringMatching(sentence) });
      expectNoSecret(text);
    });

  test("a read of an endpoint that is down is an error with its name, never an empty or shorter list", async () => {
    const scoped = [
      ...["cluster/status", "cluster/resources", "nodes/", "storage", "version", "sessions", "firewall/summary"],
      ...["datacenter/cpu-models", "cluster/ha/summary", "cluster/ha/resources/by-vm/100", "firewall/nodes/pve1/rules"],
      ...["nodes/pve1/storage/local/content", "pve1/qemu/100/config", "replication", "cluster/backup"],
    ];
    await down(async () => {
      for (const path of scoped) {
        // Of both endpoints together, too: one that answers does not stand for the other.
        const ids = path.includes("pve1") || path.includes("by-vm") ? ["1"] : ["1", "1,2"];
        for (const id of ids) {
          const { status, text } = await call("GET", `/proxmox/${path}?source=database&proxmox_endpoint_ids=${id}`);
          expect({ path, id, status, text }).toEqual({
            path,
            id,
            status: 502,
            text: expect.stringContaining("frankfurt (nb:1)"),
          });
        }
      }
    });
  });

  test("who is locked out is told how long, and locks out nobody else", async () => {
    const answer = await ask(wrongKey("locked"), "GET", "/auth/keys");
    expect(answer.headers.get("retry-after")).toBe("300");
    expect((await checkKey(wrongKey("locked"))).verdict).toBe("backend_throttled");
    expect((await checkKey(world.plugin.backend)).verdict).toBe("accepted");
  });
});

describe.each(releases)("what the page of a job of %s says of a failed stage", (release) => {
  const stage = (name: StageName, endpoint: number, backend?: Backend) => runOne(release, name, endpoint, backend);
  const cases: [string, () => Promise<Shown & { tries: number }>, number, number, RegExp][] = [
    ["a wrong key", () => stage("devices", 1, wrongKey(release)), 401, 1, /Invalid API key\. \d attempts remaining/],
    [
      "an endpoint that is not there",
      () => stage("devices", 99),
      404,
      1,
      /There is no Proxmox endpoint 99\. Enabled: 1/,
    ],
    [
      "an expired Proxmox token",
      () => withFault(() => stage("devices", 1)),
      503,
      3,
      /frankfurt \(nb:1\) refused the API token root@pam!proxbox \(401\): invalid token value! Check that it exists, is enabled, has not expired/,
    ],
    [
      "Proxmox down",
      () => down(() => stage("virtual-machines", 1)),
      503,
      3,
      /frankfurt \(nb:1\) .* does not answer .*Check that the server runs/,
    ],
    [
      "a host that has no address",
      async () => changed({ domain: "pve.invalid", port: await freePort() }, () => stage("devices", 1)),
      503,
      3,
      /the name pve\.invalid has no address.*Correct the endpoint's domain/,
    ],
    [
      "a NetBox token without one permission",
      () => denied("virtualization/virtual-disks", () => stage("vm-disks", 1)),
      503,
      3,
      /The NetBox token may not view virtualization\.virtualdisk.*Give its user the permission virtualization\.view_virtualdisk/,
    ],
    [
      "NetBox down",
      async () => netboxAt({ port: await freePort() }, () => stage("devices", 1)),
      503,
      3,
      /NetBox at 127\.0\.0\.1:\d+ cannot be reached.*Check the address and port of the NetBox endpoint/,
    ],
    [
      "a NetBox on plain HTTP, with its certificate to be verified",
      () => netboxAt({ verifySsl: true }, () => stage("devices", 1)),
      503,
      3,
      /NetBox at 127\.0\.0\.1:\d+ does not speak HTTPS.*for plain HTTP switch off its verify_ssl/,
    ],
    [
      "a NetBox token that is no longer valid",
      () => netboxAt({ token: "0".repeat(40) }, () => stage("devices", 1)),
      503,
      3,
      /NetBox .*Invalid v1 token/,
    ],
  ];
  for (const [title, shown, status, tries, sentence] of cases)
    test(title, async () => {
      const result = await shown();
      expect(result).toEqual({ status, tries, text: expect.stringMatching(sentence) });
      expect(result.text).toStartWith("Stage '");
      expectNoSecret(result.text);
    });

  test("a wrong key ends a job before anything else", async () => {
    const report = await runJob({ ...world.plugin, release, backend: wrongKey(`job ${release}`) });
    expect(report).toMatchObject({
      status: "errored",
      text: expect.stringContaining("candidate_rejected"),
      stages: [],
    });
  });
});

async function call(method: string, path: string, body?: unknown, backend: Backend | null = world.plugin.backend) {
  const open = backend === null;
  const more = body === undefined ? {} : { body };
  const answer = await ask(backend ?? world.plugin.backend, method, path, { open, ...more });
  return { status: answer.status, text: failureOf(answer) };
}

function read(endpoint: number): Promise<Shown> {
  return call("GET", `/proxmox/cluster/status?proxmox_endpoint_ids=${endpoint}`);
}

async function runOne(release: (typeof releases)[number], name: StageName, endpoint: number, backend?: Backend) {
  const parts = { stages: stagesOf(["all"]), modes: {}, netboxVmIds: [], runId: crypto.randomUUID() };
  const query = stageQuery({ release, stage: name, endpoint, ...parts });
  const [path = ""] = pathsOf(name, []);
  const plugin = { ...world.plugin, release, ...(backend && { backend }) };
  const { text, tries, readings } = await runStage(plugin, { stage: name, path, query });
  // A stage that fails keeps to the rules of streams as any other.
  expect(readings.flatMap(({ violations }) => violations)).toEqual([]);
  return { status: tries.at(-1)?.status ?? 200, tries: tries.length, text };
}

/** A key that nobody registered, another for each text. */
function wrongKey(text: string): Backend {
  return { ...world.plugin.backend, key: `wrong ${text} `.padEnd(40, "x") };
}

async function lockedOut(): Promise<Shown> {
  for (let time = 0; time < 5; time++) await ask(wrongKey("locked"), "GET", "/auth/keys");
  return call("GET", "/auth/keys", undefined, wrongKey("locked"));
}

async function revoked(): Promise<Shown> {
  const { backend } = world.plugin;
  const { raw_key: key, id } = (await ask(backend, "POST", "/auth/keys")).json as { raw_key: string; id: number };
  expect((await checkKey({ ...backend, key })).verdict).toBe("accepted");
  await ask(backend, "POST", `/auth/keys/${id}/deactivate`);
  return call("GET", "/proxmox/endpoints", undefined, { ...backend, key });
}

/** With the first endpoint pushed otherwise. */
async function changed<T>(more: Partial<PluginEndpoint>, work: () => Promise<T>): Promise<T> {
  const [endpoint] = world.plugin.endpoints;
  if (!endpoint) throw new Error("There is no endpoint.");
  const push = (one: PluginEndpoint) => call("PUT", "/proxmox/endpoints/1", proxmoxBody(newest, one));
  expect(await push({ ...endpoint, ...more })).toEqual({ status: 200, text: null });
  try {
    return await work();
  } finally {
    await push(endpoint);
  }
}

async function withFault<T>(work: () => Promise<T>): Promise<T> {
  world.scene.proxmox[0]?.fault(wrongToken);
  try {
    return await work();
  } finally {
    world.scene.proxmox[0]?.clearFaults();
  }
}

async function down<T>(work: () => Promise<T>): Promise<T> {
  await world.scene.proxmox[0]?.down();
  try {
    return await work();
  } finally {
    world.scene.proxmox[0]?.up();
  }
}

async function denied<T>(table: string, work: () => Promise<T>): Promise<T> {
  world.scene.netbox.permissions.deny("v1", "view", table);
  try {
    return await work();
  } finally {
    world.scene.netbox.permissions.clear();
  }
}

/** With NetBox pushed otherwise. */
async function netboxAt<T>(more: Partial<PluginNetBox>, work: () => Promise<T>): Promise<T> {
  const { own, push } = world.plugin;
  const [{ id }] = (await ask(world.plugin.backend, "GET", "/netbox/endpoint")).json as [{ id: number }];
  await call("PUT", `/netbox/endpoint/${id}`, netboxBody({ ...own, ...more }));
  try {
    return await work();
  } finally {
    await push.netbox(own);
  }
}

function expectNoSecret(text: string | null): void {
  for (const secret of [world.plugin.backend.key, world.plugin.own.token, credentials.tokenValue, "wrong "])
    expect(text ?? "").not.toContain(secret);
}
