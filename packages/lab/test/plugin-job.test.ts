import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { type JobReport, runJob } from "../src/plugin/job.ts";
import { stagesOf } from "../src/plugin/stages.ts";
import { buildEstate } from "../src/proxmox/build-estate.ts";
import { asHeldBy, type PluginScene, shownBy, startPluginScene } from "./plugin-scene.ts";
import { findRow, seen, writtenPaths } from "./seen.ts";
import { truthOf } from "./truth/truth.ts";

setDefaultTimeout(30_000);

const releases = ["0.0.24", "0.0.29.post6"] as const;
const machines = "virtualization/virtual-machines";
const good: ReturnType<typeof endOf> = { status: "completed", text: null, warnings: [] };

describe.each(releases)("jobs of plugin %s, of two endpoints", (release) => {
  let world: PluginScene;
  let first: JobReport;
  const names = stagesOf(["all"]).filter((name) => name !== "sdn");

  beforeAll(async () => {
    world = await startPluginScene(release, { estate: buildEstate({ seed: 6, clusters: 2, nodes: 3, guests: 24 }) });
    first = await runJob(world.plugin);
  });
  afterAll(() => world[Symbol.asyncDispose]());

  test("the first job does everything: nothing failed, nothing is warned of, and NetBox is true", () => {
    expect(endOf(first)).toEqual(good);
    expect(seen(world.scene.netbox)).toEqual(asHeldBy(release, truthOf(shownBy(world))));
  });

  test("twelve stages of one endpoint after the other, each in one try, with streams that break no rule", () => {
    const expected = world.plugin.endpoints.flatMap(({ pk }) => names.map((name) => `${pk} ${name}`));
    expect(first.stages.map(({ endpoint, stage }) => `${endpoint} ${stage}`)).toEqual(expected);
    for (const { stage, readings, tries } of first.stages) {
      expect({ stage, tries, violations: readings.map((reading) => reading.violations) }).toEqual({
        stage,
        tries: [],
        violations: [[]],
      });
    }
  });

  test("is one story in the journal of each cluster", () => {
    const told = world.scene.netbox
      .rows("extras/journal-entries")
      .filter((row) => row.assigned_object_type === "virtualization.cluster")
      .map(({ comments }) => [...String(comments).matchAll(/^- ([a-z-]+): /gm)].map(([, stage]) => stage));
    expect(told).toHaveLength(world.plugin.endpoints.length);
    for (const stages of told)
      expect(stages).toEqual(expect.arrayContaining(["devices", "virtual-machines", "vm-disks"]));
  });

  test("no frame has a secret in it", () => {
    const told = JSON.stringify(first.stages);
    const { own, backend, endpoints } = world.plugin;
    for (const secret of [own.token, backend.key, ...endpoints.map(({ tokenValue }) => tokenValue ?? "-")])
      expect(told.includes(secret)).toBe(false);
  });

  test("what the plugin reads itself is there for each endpoint", () => {
    const kinds = ["cluster", "firewall", "datacenter", "vm_template"] as const;
    const expected = kinds.flatMap((kind) =>
      world.plugin.endpoints.map(({ pk }) => ({ kind, endpoint: pk, failure: null })),
    );
    expect(first.phases).toEqual(expected);
  });

  test("the same again writes nothing in NetBox, though the plugin overwrites its rows of clusters and nodes", async () => {
    const { netbox } = world.scene;
    const before = writtenPaths.map((path) => netbox.rows(path));
    netbox.resetCounts();
    for (const proxmox of world.scene.proxmox) proxmox.resetCounts();
    const second = await runJob(world.plugin);
    expect(endOf(second)).toEqual(good);
    expect(netbox.counts().writes).toBe(0);
    expect(writtenPaths.map((path) => netbox.rows(path))).toEqual(before);
    if (release !== "0.0.24")
      expect(Object.keys(second.zones)).toEqual(world.plugin.endpoints.map(({ pk }) => `${pk}`));
  });

  test("a job reads each guest's configuration once, whatever stages it has", () => {
    for (const { cluster, counts } of world.scene.proxmox) {
      const guests = [...cluster.guests.values()];
      for (const type of ["qemu", "lxc"]) {
        const own = guests.filter((guest) => guest.type === type);
        // The plugin asks for the configuration of templates itself.
        const templates = own.filter(({ template }) => template).length;
        expect(counts()[`/nodes/{node}/${type}/{vmid}/config`] ?? 0).toBe(own.length + templates);
      }
      expect(counts()["/cluster/resources"]).toBeLessThanOrEqual(4);
    }
  });

  test("the button of one machine: its stages alone, and the endpoint that has no such guest is ok with nothing", async () => {
    const [endpoint] = world.plugin.endpoints;
    const [guest] = world.scene.proxmox[0]?.cluster.guests.values() ?? [];
    const { id } = findRow(world.scene.netbox, machines, `${endpoint?.name}/${guest?.type}/${guest?.vmid}`);
    const report = await runJob(world.plugin, {
      types: ["virtual-machines", "vm-backups", "vm-snapshots"],
      netboxVmIds: [id],
    });
    expect(endOf(report)).toEqual(good);
    expect(report.phases.every(({ kind }) => kind === "cluster")).toBe(true);
    expect(report.stages.map(({ path }) => path)).toEqual(
      [1, 2].flatMap(() => [
        `${machines}/${id}/create/stream`,
        `${machines}/${id}/backups/create/stream`,
        `${machines}/${id}/snapshots/create/stream`,
      ]),
    );
    const counts = report.stages.map(({ readings }) => {
      expect(readings.flatMap(({ violations }) => violations)).toEqual([]);
      return (readings[0]?.outcome.complete?.result as { count?: number } | null)?.count;
    });
    expect(counts[0]).toBe(1);
    expect(counts.slice(3)).toEqual([0, 0, 0]);
  });
});

function endOf({ status, text, warnings }: JobReport) {
  return { status, text, warnings };
}
