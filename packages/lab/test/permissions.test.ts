import { afterAll, afterEach, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import type { RunOrder, RunView } from "@proxbox/contracts/http";
import { buildEstate } from "../src/proxmox/build-estate.ts";
import { type Scene, startScene } from "../src/scene.ts";
import { stageOf } from "./followed-scene.ts";

setDefaultTimeout(30_000);

let scene: Scene;

beforeAll(async () => {
  const estate = buildEstate({ seed: 6, clusters: 1, nodes: 2, guests: 10, backupsPerGuest: 1, tasksPerGuest: 1 });
  scene = await startScene({ estate, env: { PROXBOX_LOG_LEVEL: "silent" } });
});
afterEach(() => {
  scene.netbox.permissions.clear();
  scene.netbox.faults.clear();
});
afterAll(() => scene[Symbol.asyncDispose]());

/** Tables of each stage that the token may not add to, by kind. */
const denied = {
  "virtual-disk": ["vm-disks", "virtualization/virtual-disks"],
  "task-history": ["task-history", "plugins/proxbox/task-history"],
  backup: ["vm-backups", "plugins/proxbox/backups"],
  snapshot: ["vm-snapshots", "plugins/proxbox/snapshots"],
  "backup-routine": ["backup-routines", "plugins/proxbox/backup-routines"],
  "vm-interface": ["vm-interfaces", "virtualization/interfaces"],
  "ip-address": ["network-interfaces", "ipam/ip-addresses"],
} as const;
const resting = ["sync-state-virtual-disk", "mac-address", "primary-mac", "sync-state-vm-interface"];
resting.push("device-primary-addresses");

test("tables the token may not add to cost their own objects and what rests on these; each error tells the cause", async () => {
  for (const [, path] of Object.values(denied)) scene.netbox.permissions.deny("v1", "add", path);
  const view = await run();
  expect(view.ok).toBe(false);
  for (const [kind, [stage]] of Object.entries(denied)) {
    const { kinds, errors = [] } = stageOf(view, stage).summary ?? {};
    expect(kinds?.[kind]).toMatchObject({ created: 0, updated: 0, unchanged: 0 });
    expect(kinds?.[kind]?.failed).toBeGreaterThan(0);
    for (const { message } of errors) expect(message).toContain("The NetBox token may not add ");
    expect(errors.some(({ next }) => /^Give its user the permission \w+\.add_/.test(next ?? ""))).toBe(true);
  }
  const failed = view.stages.flatMap(({ summary }) => Object.entries(summary?.kinds ?? {}));
  const names = failed.flatMap(([kind, { failed: count }]) => (count > 0 ? [kind] : []));
  expect(new Set(names)).toEqual(new Set([...Object.keys(denied), ...resting]));
});

test("with the permissions the next run makes up for it; one to write the journal is not needed", async () => {
  const entries = () => scene.netbox.rows("extras/journal-entries").length;
  const before = entries();
  scene.netbox.permissions.deny("v1", "add", "extras/journal-entries");
  const view = await run();
  expect(view).toMatchObject({ phase: "done", ok: true });
  expect(stageOf(view, "vm-disks").summary?.kinds["virtual-disk"]?.created).toBeGreaterThan(0);
  expect(entries()).toBe(before);
});

test("rows that may not be seen fail by machine, and what the same item wrote is told", async () => {
  scene.netbox.permissions.deny("v1", "view", "plugins/proxbox/guest-vm-interfaces");
  const { summary } = stageOf(
    await run({ stages: ["devices", "virtual-machines", "network-interfaces", "vm-interfaces"] }),
    "vm-interfaces",
  );
  expect(summary?.kinds["guest-vm-interface"]?.failed).toBeGreaterThan(0);
  expect(summary?.kinds["vm-interface"]).toMatchObject({ failed: 0, unchanged: expect.any(Number) });
  expect(summary?.errors[0]?.message).toMatch(/^The NetBox token may not view /);
});

test("a NetBox without the plugin is told so in one sentence", async () => {
  scene.netbox.faults.add({ kind: "status", status: 404, path: "plugins/proxbox", body: { detail: "Not found." } });
  const view = await run();
  expect(stageOf(view, "devices")).toMatchObject({ phase: "failed", error: { code: "netbox_plugin_missing" } });
});

async function run(order: RunOrder = {}): Promise<RunView> {
  const { id } = await scene.gateway.startRun(order);
  for await (const _ of scene.gateway.events(id));
  return scene.gateway.run(id);
}
