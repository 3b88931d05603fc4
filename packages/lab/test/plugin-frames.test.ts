import { expect, setDefaultTimeout, test } from "bun:test";
import { stageNames } from "@proxbox/contracts/stages";
import type { PluginFrame } from "@proxbox/gateway/plugin/frames/frame";
import { fullUpdateFrames } from "@proxbox/gateway/plugin/frames/full-update-frames";
import { pagesOfKinds } from "@proxbox/gateway/plugin/frames/netbox-pages";
import { stageWords } from "@proxbox/gateway/plugin/frames/stage-words";
import { kindNames, kinds } from "@proxbox/netbox/kinds";
import { buildEstate } from "../src/proxmox/build-estate.ts";
import { type Scene, startScene } from "../src/scene.ts";

setDefaultTimeout(30_000);

test("frames know the kinds of NetBox objects by their names, and where their pages are", () => {
  for (const stage of stageNames)
    expect(kindNames as string[]).toEqual(expect.arrayContaining([...stageWords[stage].kinds]));
  for (const [kind, page] of pagesOfKinds)
    expect([kind, kinds[kind as keyof typeof kinds]?.path]).toEqual([kind, page]);
  const without = kindNames.filter((kind) => !pagesOfKinds.has(kind));
  expect(without.filter((kind) => !/^(sync-state|sdn)-|^(vm-cloudinit|journal-entry)$/.test(kind))).toEqual([]);
});

test("frames of a run tell what is in NetBox then: numbers, links, and machines that share a name", async () => {
  const estate = buildEstate({ seed: 8, clusters: 1, nodes: 2, guests: 9, standalone: 0 });
  const guests = [...(estate.clusters[0]?.guests.values() ?? [])].filter(({ template }) => !template).slice(0, 2);
  for (const guest of guests) guest.name = "twin";
  await using scene = await startScene({ estate, env: { PROXBOX_LOG_LEVEL: "error" } });

  const first = await framesOfRun(scene);
  expect(first.at(-1)).toMatchObject({ event: "complete", data: { ok: true } });
  const result = first.at(-1)?.data.result as Record<string, unknown>;
  const rows = (path: string) => scene.netbox.rows(path);
  expect(result).toMatchObject({
    devices_count: rows("dcim/devices").length,
    storage_count: rows("plugins/proxbox/storage").length,
    virtual_machines_count: rows("virtualization/virtual-machines").length,
    virtual_disks_count: rows("virtualization/virtual-disks").length,
    task_history_count: rows("plugins/proxbox/task-history").length,
    backups_count: rows("plugins/proxbox/backups").length,
    snapshots_count: rows("plugins/proxbox/snapshots").length,
    replications_count: rows("plugins/proxbox/replications").length,
    backup_routines_count: rows("plugins/proxbox/backup-routines").length,
    node_interfaces_count: rows("dcim/interfaces").length,
    vm_interfaces_count: rows("virtualization/interfaces").length,
  });

  const items = first.filter(({ event }) => event === "item_progress").map(({ data }) => data.item as Item);
  const linked = items.filter(({ netbox_url }) => netbox_url);
  expect(linked.length).toBeGreaterThan(50);
  for (const { netbox_url: url = "", netbox_id: id } of linked) {
    const [, path = "", last] = /^http:\/\/nb\/(.+)\/(\d+)\/$/.exec(url) ?? [];
    expect([url, Number(last)]).toEqual([url, id as number]);
    expect([url, rows(path).some((row) => row.id === id)]).toEqual([url, true]);
  }
  const machines = items.filter(({ item_type }) => item_type === "qemu" || item_type === "lxc");
  const names = rows("virtualization/virtual-machines").map((row) => String(row.name));
  expect(machines.map(({ name }) => name).sort()).toEqual(names.sort());

  const [one, two] = guests.map(({ vmid }) => vmid).sort((left, right) => left - right);
  const twin = {
    original_name: "twin",
    resolved_name: "twin (2)",
    vmid: two,
    suffix_index: 2,
    operator_renamed: false,
  };
  expect(renames(first)).toMatchObject([twin]);

  const row = rows("virtualization/virtual-machines").find(({ name }) => name === "twin");
  scene.netbox.edit("virtualization/virtual-machines", Number(row?.id), { name: "chosen by a person" });
  expect(renames(await framesOfRun(scene))).toMatchObject([
    { original_name: "twin", resolved_name: "chosen by a person", vmid: one, suffix_index: 1, operator_renamed: true },
  ]);
});

type Item = { name: string; netbox_id?: number; netbox_url?: string; item_type: string };

function renames(frames: readonly PluginFrame[]) {
  const told = frames.filter(({ event }) => event === "duplicate_name_resolved").map(({ data }) => data);
  // The estate has machines of one name besides.
  return told.filter(({ original_name: name }) => name === "twin");
}

async function framesOfRun(scene: Scene): Promise<PluginFrame[]> {
  const { id } = await scene.gateway.startRun({ mode: "strict", stages: [...stageNames] });
  const maker = fullUpdateFrames({ run: id, stages: stageNames, netboxUrl: "http://nb/", tolerant: false });
  const frames = maker.begin();
  let seq = 0;
  for await (const { id: place, event: name, data } of scene.gateway.events(id)) {
    seq += 1;
    frames.push(...maker.of({ seq, id: place ?? "", name, data: JSON.stringify(data), over: null }));
  }
  return frames;
}
