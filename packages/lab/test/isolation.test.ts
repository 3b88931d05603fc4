import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import type { RunView } from "@proxbox/contracts/http";
import type { RunStreamEvent } from "../src/gateway-client.ts";
import { buildEstate } from "../src/proxmox/build-estate.ts";
import * as change from "../src/proxmox/change.ts";
import { halfReadable, wrongToken } from "../src/proxmox/faults.ts";
import { type Scene, startScene } from "../src/scene.ts";
import { seen } from "./seen.ts";
import type { Columns, Truth } from "./truth/form.ts";
import { truthOf } from "./truth/truth.ts";

setDefaultTimeout(30_000);

const machines = "virtualization/virtual-machines";

let scene: Scene;
let view: RunView;
let told: RunStreamEvent[];
/** What NetBox held before the endpoints broke. */
let before: Truth;

/** Of four endpoints the first goes down, the second refuses the token, and half of the third cannot be read. */
beforeAll(async () => {
  const estate = buildEstate({ seed: 6, clusters: 4, nodes: 4, guests: 80 });
  scene = await startScene({ estate, env: { PROXBOX_LOG_LEVEL: "silent" } });
  expect((await run()).view.ok).toBe(true);
  before = seen(scene.netbox);
  const [down, refused, half] = scene.proxmox;
  // Something new everywhere, and something gone: only where we may look is the one followed and the other marked.
  for (const { cluster } of scene.proxmox) {
    for (const vmid of [100, 101]) change.configure(cluster, vmid, { description: "changed" });
    change.remove(cluster, 102);
  }
  await down?.down();
  refused?.fault(wrongToken);
  half?.fault(halfReadable);
  ({ view, told } = await run());
});
afterAll(() => scene[Symbol.asyncDispose]());

test("the endpoint that is fine is synchronised completely, and so is the readable half of another", () => {
  const now = seen(scene.netbox);
  const truth = truthOf(shown(), { names: namesOf(before) });
  const [, , half, fine] = scene.proxmox.map(({ cluster }) => cluster.name);
  const keys = Object.keys(truth[machines] ?? {}).filter(
    (key) => key.startsWith(`${fine}/`) || (key.startsWith(`${half}/`) && Number(key.split("/")[2]) % 2 === 0),
  );
  expect(keys.length).toBeGreaterThan(15);
  for (const path of [machines, "plugins/proxbox/sync-state/virtual-machines"]) {
    for (const key of keys) expect(now[path]?.[key]).toEqual(truth[path]?.[key]);
  }
  // Whatever hangs on a machine of the one that is fine: interfaces, addresses, disks, backups, snapshots, tasks.
  const ofFine = ([key, columns]: [string, Columns]) =>
    [key, columns.virtual_machine, columns.assigned_object].some((owner) => String(owner).startsWith(`${fine}/`));
  for (const [path, rows] of Object.entries(truth)) {
    for (const [key, columns] of Object.entries(rows).filter(ofFine)) expect(now[path]?.[key]).toEqual(columns);
  }
  expect(now[machines]?.[`${fine}/${typeOf(3, 100)}/100`]?.description).toBe("changed");
});

test("nothing is deleted, and nothing marked but where the whole endpoint could be read", () => {
  const now = seen(scene.netbox);
  const { name } = scene.proxmox[3]?.cluster ?? { name: "" };
  for (const [path, rows] of Object.entries(before)) {
    expect(Object.keys(now[path] ?? {})).toEqual(Object.keys(rows));
    if (path !== machines) continue;
    for (const [key, columns] of Object.entries(rows)) {
      if (!key.startsWith(`${name}/`)) expect(now[path]?.[key]?.tags).toEqual(columns.tags);
    }
  }
  const marked = Object.entries(now[machines] ?? {}).filter(([, { status }]) => status === "decommissioning");
  expect(marked.map(([key]) => key)).toEqual([expect.stringMatching(new RegExp(`^${name}/\\w+/102$`))]);
});

test("endpoints that could not be read stay as they were, row by row", () => {
  const now = seen(scene.netbox);
  const [down, refused] = scene.proxmox.map(({ cluster }) => cluster.name);
  for (const [path, rows] of Object.entries(before)) {
    for (const [key, columns] of Object.entries(rows)) {
      if (key.startsWith(`${down}/`) || key.startsWith(`${refused}/`)) expect(now[path]?.[key]).toEqual(columns);
    }
  }
});

test("the run is not ok and says of each endpoint what failed, why, and what to do", () => {
  expect(view).toMatchObject({ phase: "failed", ok: false });
  const names = scene.proxmox.map(({ cluster }, index) => `${cluster.name} (nb:${index + 1})`);
  const [down, refused, half] = names as [string, string, string];
  const stage = (name: string) => view.stages.find((candidate) => candidate.stage === name)?.summary;
  expect(stage("devices")?.endpoints).toEqual([
    {
      endpoint: scene.endpointIds[0] ?? 0,
      name: down,
      state: "failed",
      error: expect.objectContaining({
        code: "proxmox_unreachable",
        message: expect.stringContaining(`Proxmox endpoint ${down} at https://127.0.0.1:${scene.proxmox[0]?.port}`),
        next: expect.stringMatching(/^Check that the server runs/),
      }),
    },
    {
      endpoint: scene.endpointIds[1] ?? 0,
      name: refused,
      state: "failed",
      error: expect.objectContaining({
        code: "proxmox_unauthorized",
        message: `Proxmox endpoint ${refused} refused the API token root@pam!proxbox (401): invalid token value!`,
        next: expect.stringMatching(/^Check that it exists/),
      }),
    },
    { endpoint: scene.endpointIds[2] ?? 0, name: half, state: "ok" },
    { endpoint: scene.endpointIds[3] ?? 0, name: names[3] ?? "", state: "ok" },
  ]);
  expect(stage("virtual-machines")?.endpoints.map(({ state }) => state)).toEqual([
    "blocked",
    "blocked",
    "partial",
    "ok",
  ]);
  expect(stage("virtual-machines")?.endpoints[0]?.error?.message).toMatch(
    new RegExp(`^Stage devices failed for ${down.replace(/[()]/g, "\\$&")}: .*does not answer`),
  );
  const unread = [...(scene.proxmox[2]?.cluster.guests.keys() ?? [])].filter((vmid) => vmid % 2 === 1);
  expect(stage("virtual-machines")?.kinds["virtual-machine"]?.failed).toBe(unread.length);
  expect(stage("virtual-machines")?.endpoints[2]?.error).toMatchObject({
    code: "proxmox_forbidden",
    message: expect.stringContaining(half),
    next: expect.stringMatching(/PVEAuditor/),
  });
});

test("the events say the same to whoever follows them", () => {
  const failed = told.filter(
    ({ event, data }) => event === "item.result" && (data as { state: string }).state === "failed",
  );
  const errors = failed.map(({ data }) => data as { stage: string; key: string; error?: { message: string } });
  for (const [index, { cluster }] of scene.proxmox.slice(0, 2).entries()) {
    const of = errors.filter(({ key }) => key === `endpoint-${scene.endpointIds[index]}`);
    expect(of.map(({ stage }) => stage)).toEqual(["devices"]);
    expect(of[0]?.error?.message).toContain(cluster.name);
  }
  expect(told.at(-1)).toMatchObject({ event: "run.failed" });
});

async function run() {
  const { id } = await scene.gateway.startRun({ options: { delete_orphans: true } });
  const told: RunStreamEvent[] = [];
  for await (const event of scene.gateway.events(id)) told.push(event);
  return { view: await scene.gateway.run(id), told };
}

function shown() {
  return scene.proxmox.map(({ cluster, url }, index) => ({ cluster, url, id: scene.endpointIds[index] ?? 0 }));
}

function typeOf(endpoint: number, vmid: number): string {
  return scene.proxmox[endpoint]?.cluster.guests.get(vmid)?.type ?? "";
}

function namesOf(truth: Truth): Record<string, string> {
  const rows = Object.entries(truth[machines] ?? {});
  return Object.fromEntries(rows.map(([key, columns]) => [key, String(columns.name)]));
}
