import { afterAll, afterEach, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import type { RunView } from "@proxbox/contracts/http";
import { send } from "../src/plugin/backend.ts";
import { isObject } from "../src/plugin/frame-parser.ts";
import { syncOne } from "../src/plugin/individual.ts";
import { type JobReport, runJob } from "../src/plugin/job.ts";
import { runStage } from "../src/plugin/stage-stream.ts";
import { pathsOf, stageQuery, stagesOf } from "../src/plugin/stages.ts";
import { buildEstate } from "../src/proxmox/build-estate.ts";
import * as change from "../src/proxmox/change.ts";
import { type PluginScene, shownBy, startPluginScene } from "./plugin-scene.ts";
import { seen } from "./seen.ts";
import { truthOf } from "./truth/truth.ts";

setDefaultTimeout(30_000);

let world: PluginScene;

beforeAll(async () => {
  world = await startPluginScene("0.0.29.post6", {
    estate: buildEstate({ seed: 6, clusters: 2, nodes: 3, guests: 12, backupsPerGuest: 1, tasksPerGuest: 1 }),
  });
  expect((await runJob(world.plugin)).status).toBe("completed");
});
afterEach(() => {
  world.scene.netbox.faults.clear();
  world.scene.netbox.permissions.clear();
});
afterAll(() => world[Symbol.asyncDispose]());

describe("an endpoint that is down", () => {
  let former: JobReport;
  let current: JobReport;

  beforeAll(async () => {
    const [broken, sound] = world.scene.proxmox;
    if (sound) change.configure(sound.cluster, 100, { description: "changed" });
    await broken?.down();
    former = await runJob({ ...world.plugin, release: "0.0.24" });
    current = await runJob(world.plugin);
    broken?.up();
  });

  test("stops a job of 0.0.24 with its first stage, and tells why", () => {
    expect(former.stages.map(({ endpoint, stage }) => `${endpoint} ${stage}`)).toEqual(["1 devices"]);
    expect(former).toMatchObject({ status: "errored", text: expect.stringMatching(/frankfurt .* does not answer/) });
  });

  test("stops only itself in 0.0.29: the other endpoint is synchronised completely", () => {
    const done = current.stages.filter(({ ok }) => ok).map(({ endpoint, stage }) => `${endpoint} ${stage}`);
    const names = stagesOf(["all"]).filter((name) => name !== "sdn");
    expect(done).toEqual(names.map((name) => `2 ${name}`));
    expect(seen(world.scene.netbox)).toEqual(truthOf(shownBy(world)));
    expect(current.status).toBe("errored");
    expect(current.text).toMatch(/^1 Proxmox endpoint\(s\) were skipped .* endpoint 1: Stage 'devices' failed/);
    expect(current.text).toMatch(/frankfurt .* does not answer/);
  });

  test("fails its reads by name, and nobody else's", () => {
    const failed = current.phases.filter(({ failure }) => failure !== null);
    expect(new Set(failed.map(({ endpoint }) => endpoint))).toEqual(new Set([1]));
    for (const { failure } of failed) expect(failure).toContain("frankfurt (nb:1)");
  });
});

test("a stage that may fail is a warning with its cause, and the job goes on", async () => {
  world.scene.netbox.permissions.deny("v1", "view", "plugins/proxbox/snapshots");
  const report = await runJob(world.plugin, { types: ["devices", "virtual-machines", "vm-snapshots", "replications"] });
  expect(report).toMatchObject({ status: "completed", text: null });
  expect(report.warnings).toHaveLength(2);
  for (const warning of report.warnings)
    expect(warning).toMatch(/^Optional stage 'vm-snapshots' failed .*The NetBox token may not view netbox_proxbox/);
  expect(report.stages.filter(({ stage, ok }) => stage === "replications" && ok)).toHaveLength(2);
});

test("a stage that was let go of and asked for again is the same run, told from the beginning", async () => {
  const { plugin, scene } = world;
  const query = stageQuery({
    release: plugin.release,
    stage: "devices",
    stages: stagesOf(["all"]),
    endpoint: 1,
    modes: {},
    netboxVmIds: [],
    runId: crypto.randomUUID(),
  });
  const [path = ""] = pathsOf("devices", []);
  const before = (await runs()).length;
  scene.netbox.faults.add({ kind: "delay", ms: 400, times: 8 });
  const dropped = await send(plugin.backend, "GET", `/${path}`, { query });
  const reader = dropped.body?.getReader();
  const first = new TextDecoder().decode((await reader?.read())?.value);
  await reader?.cancel();
  const again = await runStage(plugin, { stage: "devices", path, query });
  expect(again).toMatchObject({ ok: true, tries: [] });
  const [reading] = again.readings;
  expect(reading?.violations).toEqual([]);
  const [begun] = first.split("\n\n");
  expect(reading?.frames[0]).toEqual({
    event: /^event: (.*)$/m.exec(begun ?? "")?.[1] ?? "",
    data: dataOf(begun ?? ""),
  });
  expect((await runs()).length).toBe(before + 1);
});

test("stages asked for twice at once are done once, and both are told everything", async () => {
  const { plugin } = world;
  const before = (await runs()).length;
  const query = { proxmox_endpoint_ids: "2" };
  const call = { stage: "storage", path: "virtualization/virtual-machines/storage/create/stream", query };
  const both = await Promise.all([1, 2].map(() => runStage(plugin, call)));
  expect(both[0]?.readings[0]?.frames).toEqual(both[1]?.readings[0]?.frames ?? []);
  expect(both.map(({ ok }) => ok)).toEqual([true, true]);
  expect((await runs()).length).toBe(before + 1);
});

test("selected machines, eight at once, are each done well within the plugin's patience", async () => {
  const { plugin, scene } = world;
  const [shown] = scene.proxmox;
  const guests = [...(shown?.cluster.guests.values() ?? [])].slice(0, 8);
  const begun = performance.now();
  const calls = await Promise.all(
    guests.map(({ node, type, vmid }) =>
      syncOne(plugin.backend, "vm", { cluster_name: shown?.cluster.name ?? "", node, type, vmid: String(vmid) }, 1),
    ),
  );
  expect(performance.now() - begun).toBeLessThan(30_000);
  expect(calls.map(([call]) => call?.body.action)).toEqual(guests.map(() => "unchanged"));
});

async function runs(): Promise<RunView[]> {
  const { json } = await world.ask("GET", "/runs", { query: { limit: "200" } });
  return Array.isArray(json) ? json : (json as { runs: RunView[] }).runs;
}

function dataOf(frame: string): Record<string, unknown> {
  const data: unknown = JSON.parse(/^data: (.*)$/m.exec(frame)?.[1] ?? "null");
  return isObject(data) ? data : {};
}
