import { describe, expect, setDefaultTimeout, test } from "bun:test";
import type { ObjectOutcome, StageResult } from "@proxbox/contracts/messages";
import { leftBehind, type OldRelease, recordedEstate } from "../src/left-behind/content.ts";
import type { Content } from "../src/netbox/content.ts";
import type { PluginRelease } from "../src/netbox/models/plugin-parts.ts";
import { type SimulatedNetBox, startNetBox } from "../src/netbox/server.ts";
import { type Scene, startScene } from "../src/scene.ts";
import { seen } from "./seen.ts";
import type { Columns, Truth } from "./truth/form.ts";
import { truthOf } from "./truth/truth.ts";

setDefaultTimeout(60_000);

const machines = "virtualization/virtual-machines";
const plugin = "plugins/proxbox";
const states = `${plugin}/sync-state/virtual-machines`;
const endpoints = `${plugin}/endpoints/proxmox`;

type Row = { id: number; name: string; tags: { slug: string }[] };
type StateRow = { id: number; virtual_machine: { id: number }; proxmox_vm_id: number | null; proxmox_vm_type: string };

/** Where a run starts: what a release left, the plugin that is there by now, and what happened to it since. */
type Start = { release: OldRelease["release"]; plugin: PluginRelease; since?: (netbox: SimulatedNetBox) => void };

const partner: Start = { release: "0.0.27.post4", plugin: "0.0.29.post6" };
const newest: Start = { release: "0.0.30.post2", plugin: "0.0.29.post6" };
const oldest: Start = { release: "0.0.19.post5", plugin: "0.0.24" };
const upgraded: Start = { release: "0.0.19.post5", plugin: "0.0.29.post6" };

/**
 * Rows that a run takes away, because Proxmox has nothing that they stand for: aliases and loopback that were no
 * interfaces with what hung on them; disks, and backups with their journal, that were
 * another machine's.
 */
const gone: Record<OldRelease["release"], Record<string, number>> = {
  "0.0.30.post2": { "dcim/interfaces": 6, "ipam/ip-addresses": 3 },
  "0.0.27.post4": { "dcim/interfaces": 6, "ipam/ip-addresses": 3 },
  "0.0.19.post5": { "extras/journal-entries": 4, "virtualization/virtual-disks": 5, [`${plugin}/backups`]: 2 },
};

const starts: [string, Start][] = [
  ["0.0.30.post2 with plugin 0.0.29.post6", newest],
  ["0.0.27.post4 with plugin 0.0.29.post6", partner],
  ["0.0.19.post5 with plugin 0.0.24", oldest],
  ["0.0.19.post5, and the plugin has been upgraded since", upgraded],
  ["0.0.30.post2, and it died here and there", { ...newest, since: cutOff }],
  ["0.0.30.post2, and the endpoints were entered anew", { ...newest, since: entersAnew }],
  ["0.0.30.post2, and a guest's tag took ours over", { ...newest, since: hijackTag }],
];

describe.each(starts)("%s", (_, start) => {
  test("is adopted: every row that stands for something keeps its id, nothing stands twice, a second run writes nothing", async () => {
    const before = await contentOf(start);
    const identities = identitiesIn(before);
    await using scene = await sceneOf(start, before);
    const first = await run(scene);
    expect(first.view).toMatchObject({ phase: "done", ok: true });
    const truth = truthIn(scene, start);
    expect(comparable(seen(scene.netbox), truth)).toEqual(comparable(truth, truth));
    expect(lost(scene.netbox, before)).toEqual(gone[start.release]);
    for (const { tags } of scene.netbox.rows(machines) as Row[])
      expect(tags.map(({ slug }) => slug)).toContain("proxbox");
    expect(identitiesIn(scene.netbox.content())).toMatchObject(identities);
    expect(await run(scene)).toMatchObject({ view: { phase: "done", ok: true }, writes: 0 });
  });
});

describe("what a person did stays", () => {
  test("to machines: tags, role, name, and what is not ours", async () => {
    const before = await contentOf(newest);
    await using scene = await sceneOf(newest, before);
    const { netbox } = scene;
    const [first, second] = netbox.rows(machines) as Row[];
    if (!first || !second) throw new Error("The recording has machines.");
    const tag = netbox.insert("extras/tags", { name: "Mine", slug: "mine", color: "123456" });
    const role = netbox.insert("dcim/device-roles", { name: "Web", slug: "web", color: "654321", vm_role: true });
    const site = netbox.insert("dcim/sites", { name: "Mine", slug: "mine" });
    const others = netbox.insert(machines, { name: "not of Proxmox", site: Number(site.id), comments: "keep" });
    const disk = netbox.insert("virtualization/virtual-disks", {
      virtual_machine: Number(others.id),
      name: "scsi0",
      size: 5,
    });
    const address = netbox.insert("ipam/ip-addresses", { address: "198.51.100.7/24", description: "mine" });
    const tags = netbox.content()[machines]?.find(({ id }) => id === first.id)?.tags as number[];
    netbox.edit(machines, first.id, { tags: [...tags, Number(tag.id)], role: Number(role.id) });
    netbox.edit(machines, second.id, { name: "renamed by hand" });
    expect((await run(scene)).view).toMatchObject({ phase: "done", ok: true });
    const after = (id: unknown, path = machines) => netbox.rows(path).find((row) => row.id === id);
    expect((after(first.id) as unknown as Row).tags.map(({ slug }) => slug)).toContain("mine");
    expect(after(first.id)).toMatchObject({ role: { id: role.id } });
    expect(after(second.id)).toMatchObject({ name: "renamed by hand" });
    expect(after(others.id)).toMatchObject({ name: "not of Proxmox", comments: "keep", tags: [] });
    expect(after(disk.id, "virtualization/virtual-disks")).toMatchObject({ size: 5, tags: [] });
    expect(after(address.id, "ipam/ip-addresses")).toMatchObject({ description: "mine", assigned_object: null });
    expect(await run(scene)).toMatchObject({ view: { ok: true }, writes: 0 });
  });

  test("to a machine of 0.0.19.post5: it is known by its custom fields, whatever it is called", async () => {
    const before = await contentOf({
      ...oldest,
      since: (netbox) => netbox.edit(machines, 1, { name: "renamed by hand" }),
    });
    await using scene = await sceneOf(oldest, before);
    expect((await run(scene)).view).toMatchObject({ phase: "done", ok: true });
    expect(identitiesIn(scene.netbox.content())).toMatchObject(identitiesIn(before));
    expect(scene.netbox.rows(machines).find(({ id }) => id === 1)).toMatchObject({ name: "renamed by hand" });
  });
});

describe("what cannot be decided is told by name, with what to do", () => {
  test("a machine that carries our tag and of which nothing says whose it is: it is left alone", async () => {
    const since = (netbox: SimulatedNetBox) => {
      const double = doubleOf(netbox, 1, "a double");
      netbox.insert(states, { virtual_machine: double, proxmox_vm_name: "a double" });
    };
    const before = await contentOf({ ...newest, since });
    await using scene = await sceneOf(newest, before);
    const { view } = await run(scene);
    expect(view).toMatchObject({ phase: "done", ok: true });
    expect(scene.netbox.rows(machines).filter(({ name }) => name === "a double")).toHaveLength(1);
    expect(await told(scene, view.id)).toContainEqual(
      expect.objectContaining({
        name: "a double",
        outcome: "skipped",
        reason: expect.stringMatching(/^It carries our tag, .* Delete it if it is, or take the tag Proxbox off it\.$/),
      }),
    );
    expect((await run(scene)).writes).toBe(0);
  });

  test("two machines of one identity: neither is touched, and when one is deleted the other is adopted", async () => {
    const since = (netbox: SimulatedNetBox) => {
      const state = (netbox.rows(states) as unknown as StateRow[]).find((row) => row.virtual_machine.id === 1);
      const double = doubleOf(netbox, 1, "the other");
      netbox.insert(states, {
        virtual_machine: double,
        proxmox_vm_id: state?.proxmox_vm_id ?? null,
        proxmox_vm_type: state?.proxmox_vm_type ?? "",
        proxmox_endpoint_raw_id: 77,
      });
    };
    const before = await contentOf({ ...newest, since });
    await using scene = await sceneOf(newest, before);
    const { netbox } = scene;
    const rows = () => netbox.rows(machines) as Row[];
    const name = rows().find(({ id }) => id === 1)?.name;
    const double = rows().find((row) => row.name === "the other")?.id ?? 0;
    const { view } = await run(scene);
    expect(view).toMatchObject({ phase: "failed", ok: false });
    const errors = view.stages.find(({ stage }) => stage === "virtual-machines")?.summary?.errors ?? [];
    expect(errors).toEqual([
      expect.objectContaining({
        code: "identity_ambiguous",
        message: expect.stringContaining(
          `more than one virtual machine in NetBox: ${name} (id 1), the other (id ${double}).`,
        ),
        next: expect.stringMatching(/^Keep one of them/),
      }),
    ]);
    expect(rows().filter((row) => row.id === 1 || row.id === double)).toHaveLength(2);
    netbox.remove(machines, double);
    expect((await run(scene)).view).toMatchObject({ phase: "done", ok: true });
    expect(identitiesIn(netbox.content())).toMatchObject(identitiesIn(await contentOf(newest)));
    expect((await run(scene)).writes).toBe(0);
  });
});

/** A crash between any two writes: rows that were to follow are missing, or are there without what identifies them. */
function cutOff(netbox: SimulatedNetBox): void {
  for (const [index, { id }] of (netbox.rows(states) as unknown as StateRow[]).entries()) {
    if (index % 3 === 0) netbox.remove(states, id);
    if (index % 3 === 1)
      netbox.edit(states, id, { proxmox_vm_id: null, proxmox_vm_type: "", proxmox_cluster_name: "" });
  }
  for (const row of netbox.rows(`${plugin}/proxmox-clusters`))
    netbox.edit(`${plugin}/proxmox-clusters`, Number(row.id), { netbox_cluster: null });
  for (const path of [`${plugin}/sync-state/devices`, `${plugin}/sync-state/virtual-disks`, "dcim/mac-addresses"])
    for (const [index, row] of netbox.rows(path).entries()) if (index % 2 === 0) netbox.remove(path, Number(row.id));
}

/** An operator deleted the endpoints in the plugin; the scene enters them again, under other ids. */
function entersAnew(netbox: SimulatedNetBox): void {
  for (const { id } of netbox.rows(endpoints)) netbox.remove(endpoints, Number(id));
}

/** What the releases did when a guest bore the tag `proxbox`: they renamed and recoloured NetBox's. */
function hijackTag(netbox: SimulatedNetBox): void {
  const [tag] = netbox.rows("extras/tags").filter(({ slug }) => slug === "proxbox");
  netbox.edit("extras/tags", Number(tag?.id), { name: "proxbox", color: "5e5bd9", description: "Synced by Proxbox" });
}

/** A second machine beside one, as the releases made it when they did not find the first. */
function doubleOf(netbox: SimulatedNetBox, id: number, name: string): number {
  const row = netbox.content()[machines]?.find((candidate) => candidate.id === id);
  const double = netbox.insert(machines, { name, cluster: row?.cluster ?? null, tags: [{ slug: "proxbox" }] });
  return Number(double.id);
}

async function contentOf({ release, plugin, since }: Start): Promise<Content> {
  await using netbox = await startNetBox({ plugin, content: await leftBehind(release) });
  since?.(netbox);
  return netbox.content();
}

function sceneOf({ plugin }: Start, content: Content): Promise<Scene> {
  return startScene({ estate: recordedEstate(), netbox: { plugin, content }, env: { PROXBOX_LOG_LEVEL: "error" } });
}

async function run(scene: Scene) {
  scene.netbox.resetCounts();
  const options = { delete_nonexistent_backup: true, delete_nonexistent_snapshot: true };
  const { id } = await scene.gateway.startRun({ mode: "strict", options });
  const view = await scene.gateway.finished(id);
  return { view, writes: scene.netbox.counts().writes };
}

/** Everything a run told of objects. */
async function told({ gateway }: Scene, id: string): Promise<ObjectOutcome[]> {
  const objects: ObjectOutcome[] = [];
  for await (const { event, data } of gateway.events(id))
    if (event === "item.result") objects.push(...(data as StageResult["data"]).objects);
  return objects;
}

/** Which guest each machine was, by the machine's id: its sidecar says so, or before that its custom fields. */
function identitiesIn(content: Content): Record<string, { vmid: unknown; type: unknown }> {
  const fields = (content[machines] ?? []).flatMap(({ id, custom_fields: custom }) => {
    const { proxmox_vm_id: vmid, proxmox_vm_type: type } = custom as Record<string, unknown>;
    return vmid ? [[id, { vmid, type }] as const] : [];
  });
  const rows = (content[states] ?? []).flatMap(({ virtual_machine: id, proxmox_vm_id: vmid, proxmox_vm_type: type }) =>
    vmid ? [[id, { vmid, type }] as const] : [],
  );
  return Object.fromEntries([...fields, ...rows]);
}

/** How many of the rows that were there are not any more, by path. */
function lost(netbox: SimulatedNetBox, before: Content): Record<string, number> {
  const after = netbox.content();
  return Object.fromEntries(
    Object.entries(before).flatMap(([path, rows]) => {
      const left = new Set((after[path] ?? []).map(({ id }) => id));
      const count = rows.filter(({ id }) => !left.has(id)).length;
      return count > 0 ? [[path, count]] : [];
    }),
  );
}

function truthIn(scene: Scene, { release, plugin: ofPlugin }: Start): Truth {
  const shown = scene.proxmox.map(({ cluster, url }, index) => {
    const place = { cluster: cluster.name, site: cluster.name };
    // The newest release takes a cluster only in the site where an operator has put it.
    return { cluster, url, id: scene.endpointIds[index] ?? 0, ...(release === "0.0.30.post2" && { place }) };
  });
  const truth = truthOf(shown);
  // That plugin answers every list of these with an error, so none is made.
  if (ofPlugin === "0.0.24") truth[`${plugin}/guest-vm-interface-addresses`] = {};
  if (release === "0.0.19.post5") return truth;
  // They made VLANs of nodes without a site: such a one is global, and stands for every site that has none of its own.
  return JSON.parse(
    JSON.stringify(truth).replaceAll(/"(?:proxmox-default-site-)?frankfurt\/10"/g, '"no dcim/sites 0/10"'),
  ) as Truth;
}

/** Columns in which a row stays as it was left, because they are chosen once, when a row is made, or are a person's. */
const legacyColumns: Record<string, string> = {
  "dcim/device-roles": "color description vm_role tags",
  "dcim/sites": "name tags",
  "dcim/devices": "tags",
  "ipam/vlans": "site",
  "virtualization/clusters": "tags",
  "virtualization/virtual-machine-types": "description",
  [machines]: "platform tags primary_ip4",
  [`${plugin}/proxmox-nodes`]: "local",
  [`${plugin}/task-history`]: "description",
  [`${plugin}/snapshots`]: "description",
};

/** Tables in which rows stay that nothing in Proxmox stands for: what is shared, what happened, what is a person's. */
const legacyRows = new Set([
  "dcim/device-roles",
  "dcim/platforms",
  "dcim/sites",
  "ipam/vlans",
  "plugins/proxbox/task-history",
  "plugins/proxbox/sync-state/virtual-disks",
]);

/**
 * What can be held against the truth: without legacy columns and rows, without the addresses of the endpoints that an
 * operator entered, and without tags, whose slugs depend on what was there first.
 */
function comparable(all: Truth, truth: Truth): Truth {
  const paths = Object.entries(all).filter(([path]) => path !== "extras/tags");
  return Object.fromEntries(
    paths.map(([path, rows]) => {
      const legacy = (legacyColumns[path] ?? "").split(" ");
      const counted = Object.entries(rows).filter(
        ([key]) => !key.startsWith("127.0.0.") && (!legacyRows.has(path) || key in (truth[path] ?? {})),
      );
      const columnsOf = (row: Columns) => Object.entries(row).filter(([column]) => !legacy.includes(column));
      return [path, Object.fromEntries(counted.map(([key, row]) => [key, Object.fromEntries(columnsOf(row))]))];
    }),
  );
}
