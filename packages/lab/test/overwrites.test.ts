import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { type OverwriteFlag, overwriteFlags, type SyncOptionsInput } from "@proxbox/contracts/sync-options";
import type { Json, JsonObject } from "../src/netbox/model.ts";
import { buildEstate } from "../src/proxmox/build-estate.ts";
import { type Scene, startScene } from "../src/scene.ts";
import { seen } from "./seen.ts";
import { truthOf } from "./truth/truth.ts";

setDefaultTimeout(30_000);

/** What an operator writes into a column of a row that has something there. */
type Edit = { path: string; column: string; value: (synced: Json) => Json };

const devices = "dcim/devices";
const machines = "virtualization/virtual-machines";
const clusters = "virtualization/clusters";
/** The tag that a run wants on everything of ours; what is only given to new objects does not come back. */
const tagsOf = (path: string): Edit[] => [
  { path, column: "tags", value: (synced) => (synced as Json[]).filter((id) => id !== made.oursTag) },
];

const edits: Partial<Record<OverwriteFlag, Edit[]>> = {
  overwrite_device_role: [{ path: devices, column: "role", value: () => made.role }],
  overwrite_device_type: [{ path: devices, column: "device_type", value: () => made.deviceType }],
  overwrite_device_tags: tagsOf(devices),
  overwrite_device_status: [{ path: devices, column: "status", value: () => "staged" }],
  overwrite_device_description: [{ path: devices, column: "description", value: () => "Third rack" }],
  overwrite_vm_role: [{ path: machines, column: "role", value: () => made.role }],
  overwrite_vm_type: [{ path: machines, column: "virtual_machine_type", value: () => made.machineType }],
  overwrite_vm_platform: [{ path: machines, column: "platform", value: () => made.platform }],
  overwrite_vm_tags: tagsOf(machines),
  overwrite_vm_description: [
    { path: machines, column: "description", value: () => "Of the accountants" },
    { path: machines, column: "comments", value: () => "Ask them first." },
  ],
  overwrite_vm_custom_fields: [
    { path: "plugins/proxbox/sync-state/virtual-machines", column: "proxmox_os", value: () => "plan9" },
  ],
  overwrite_vm_cloudinit: [{ path: "plugins/proxbox/vm-cloudinit", column: "ciuser", value: () => "operator" }],
  overwrite_cluster_tags: tagsOf(clusters),
  overwrite_cluster_description: [{ path: clusters, column: "description", value: () => "The old one" }],
  overwrite_cluster_custom_fields: [
    { path: "plugins/proxbox/sync-state/clusters", column: "proxmox_cluster_status", value: () => "retired" },
  ],
  overwrite_node_interface_tags: tagsOf("dcim/interfaces"),
  overwrite_storage_tags: tagsOf("plugins/proxbox/storage"),
  overwrite_vm_interface_tags: tagsOf("virtualization/interfaces"),
  overwrite_vm_interface_custom_fields: [
    { path: "plugins/proxbox/sync-state/vm-interfaces", column: "proxbox_bridge", value: () => made.bridge },
  ],
  overwrite_ip_status: [{ path: "ipam/ip-addresses", column: "status", value: () => "reserved" }],
  overwrite_ip_tags: tagsOf("ipam/ip-addresses"),
  overwrite_ip_address_dns_name: [{ path: "ipam/ip-addresses", column: "dns_name", value: () => "x.example.org" }],
};

/** Every flag off but these. */
const only = (...on: string[]): SyncOptionsInput =>
  Object.fromEntries(Object.keys(overwriteFlags).map((flag) => [flag, on.includes(flag)]));

let scene: Scene;
/** The role that is chosen for machines, and its address. */
let chosen: { id: number; url: string };
let made: { oursTag: number; role: number; deviceType: number; machineType: number; platform: number; bridge: number };
/** The edits of each flag at the row that each is tried on, with what the sync has there. */
let tried: { flag: OverwriteFlag; path: string; id: number; column: string; synced: Json; edited: Json }[];

beforeAll(async () => {
  const estate = buildEstate({ seed: 11, clusters: 1, nodes: 2, guests: 12, backupsPerGuest: 0, tasksPerGuest: 0 });
  scene = await startScene({ estate, env: { PROXBOX_LOG_LEVEL: "error" } });
  const role = { name: "Standard", slug: "standard", vm_role: true };
  chosen = scene.netbox.insert("dcim/device-roles", role) as typeof chosen;
});
afterAll(() => scene[Symbol.asyncDispose]());

test("with every flag off new objects get everything", async () => {
  await run(only("overwrite_vm_proxmox_tags"));
  const [{ cluster, url }] = scene.proxmox as [Scene["proxmox"][number]];
  const truth = truthOf([{ cluster, url, id: scene.endpointIds[0] ?? 0 }]);
  for (const columns of Object.values(truth[machines] ?? {})) columns.role = "standard";
  expect(seen(scene.netbox, { foreign: [chosen.url] })).toEqual(truth);
});

test("what an operator wrote stays with the flag off, and nothing is written", async () => {
  const { netbox } = scene;
  const insert = (path: string, body: JsonObject) => Number(netbox.insert(path, body).id);
  const manufacturer = insert("dcim/manufacturers", { name: "Acme", slug: "acme" });
  made = {
    oursTag: Number(netbox.rows("extras/tags").find(({ slug }) => slug === "proxbox")?.id),
    role: insert("dcim/device-roles", { name: "Accounts", slug: "accounts", vm_role: true }),
    deviceType: insert("dcim/device-types", { model: "A1", slug: "a1", manufacturer }),
    machineType: insert("virtualization/virtual-machine-types", { name: "Big", slug: "big" }),
    platform: insert("dcim/platforms", { name: "Plan 9", slug: "plan-9" }),
    bridge: insert("dcim/interfaces", {
      device: netbox.rows(devices)[0]?.id as number,
      name: "oper0",
      type: "bridge",
    }),
  };
  tried = Object.entries(edits).flatMap(([flag, columns]) =>
    columns.map(({ path, column, value }) => {
      const row = netbox.rows(path).find((one) => plain(one[column]) && String(plain(one[column])) !== "");
      if (!row) throw new Error(`No row of ${path} has ${column}.`);
      const synced = plain(row[column]);
      return { flag: flag as OverwriteFlag, path, id: Number(row.id), column, synced, edited: value(synced) };
    }),
  );
  edit();
  netbox.resetCounts();
  await run(only());
  expect(netbox.counts().writes).toBe(0);
  expect(present()).toEqual(tried.map(({ edited }) => edited));
});

test.each(Object.keys(edits) as OverwriteFlag[])("%s brings back its own fields, and nothing else", async (flag) => {
  edit();
  await run(only(flag));
  expect(present()).toEqual(tried.map((one) => (one.flag === flag ? one.synced : one.edited)));
});

const pathsOf = { sync_mode_cluster: clusters, sync_mode_storage: "plugins/proxbox/storage" };

test.each(["bootstrap_only", "disabled"] as const)("a mode %s leaves what is there as it is", async (mode) => {
  edit();
  await run(Object.fromEntries(Object.keys(pathsOf).map((option) => [option, mode])));
  const now = present();
  for (const [index, { path, edited }] of tried.entries())
    if (Object.values(pathsOf).includes(path)) expect(now[index]).toEqual(edited);
});

async function run(flags: SyncOptionsInput) {
  const options = { ...flags, journal: false, default_role_qemu: chosen.id, default_role_lxc: chosen.id };
  const { id } = await scene.gateway.startRun({ options });
  for await (const _ of scene.gateway.events(id));
  expect(await scene.gateway.run(id)).toMatchObject({ phase: "done", ok: true });
}

function edit() {
  for (const { path, id, column, edited } of tried) scene.netbox.edit(path, id, { [column]: edited });
}

/** What stands in the edited columns now. */
function present(): Json[] {
  return tried.map(({ path, id, column }) => plain(scene.netbox.rows(path).find((row) => row.id === id)?.[column]));
}

/** A value as one writes it: ids of references and of tags, the value of a choice. */
function plain(value: Json | undefined): Json {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value ?? null;
  const { id, value: chosen = null } = value as JsonObject;
  return id ?? chosen;
}
