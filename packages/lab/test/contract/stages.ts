import { expect } from "bun:test";
import { send } from "../../src/plugin/backend.ts";
import { readStream, type StreamReading } from "../../src/plugin/sse-reader.ts";
import { runStage, type StageReport } from "../../src/plugin/stage-stream.ts";
import { pathsOf, pluginStages, type StageName, stageQuery, stagesOf } from "../../src/plugin/stages.ts";
import type { Checks, ContractWorld } from "./world.ts";

const own: readonly StageName[] = ["replications", "backup-routines", "sdn"];
const stages = stagesOf(["all"]);

/** The streams. */
export const stageChecks = {
  "GET /{stage}/stream": async (world) => {
    for (const { name } of pluginStages) {
      if (own.includes(name)) continue;
      expectGood(await run(world, name));
    }
  },
  "GET /proxmox/replication/stream": async (world) => {
    expectGood(await run(world, "replications"));
    // A standalone node replicates nothing, and that is no failure.
    const nothing = resultOf(expectGood(await run(world, "replications", world.ids[1])));
    expect(nothing).toEqual({ created: 0, updated: 0, stale: 0, errors: 0 });
    const query = { proxmox_endpoint_ids: String(world.ids[1]) };
    const slashed = { stage: "replications", path: "proxmox/replication/stream/", query };
    expectGood(await runStage(world.plugin, slashed));
  },
  "GET /proxmox/cluster/backup/stream": async (world) => {
    const again = resultOf(expectGood(await run(world, "backup-routines")));
    expect(again).toEqual({ created: 0, updated: 0, stale: 0, errors: 0 });
  },
  "GET /proxmox/sdn/create/stream": async (world) => {
    expectGood(await run(world, "sdn"));
  },
  "GET /virtualization/virtual-machines/{id}/{stage}/stream": async (world) => {
    const perMachine = ["virtual-machines", "vm-disks", "vm-backups", "vm-snapshots"] as const;
    for (const stage of perMachine) {
      expectGood(await run(world, stage, world.ids[0], [world.machineId]));
      const elsewhere = expectGood(await run(world, stage, world.ids[1], [world.machineId]));
      expect(resultOf(elsewhere)).toMatchObject({ count: 0 });
    }
  },
  "GET /full-update/stream": async ({ plugin }) => {
    // A scheduler sends nothing but the key, and takes any event named error for a failure of the whole.
    const reading = await readStream(await send(plugin.backend, "GET", "/full-update/stream", { seconds: 60 }));
    expectGoodReading(reading);
    expect(reading.frames.map(({ event }) => event)).not.toContain("error");
    const result = resultOf(reading);
    expect(
      Object.keys(result)
        .filter((key) => key.endsWith("_count"))
        .sort(),
    ).toEqual(fullUpdateCounts);
    for (const key of fullUpdateCounts) expect(result[key]).toBeInteger();
  },
} satisfies Checks;

const fullUpdateCounts = [
  ...["backup_routines", "backups", "devices", "node_interfaces", "replications", "snapshots", "storage"],
  ...["task_history", "virtual_disks", "virtual_machines", "vm_interfaces", "vm_ip_addresses"],
].map((name) => `${name}_count`);

async function run(
  { plugin, ids }: ContractWorld,
  stage: StageName,
  endpoint: number = ids[0],
  netboxVmIds: readonly number[] = [],
): Promise<StageReport> {
  const { release } = plugin;
  const query = stageQuery({ release, stage, stages, endpoint, modes: {}, netboxVmIds, runId: crypto.randomUUID() });
  const [path = ""] = pathsOf(stage, netboxVmIds);
  return runStage(plugin, { stage, path, query });
}

/** Done in one try, with a stream that breaks no rule. */
function expectGood({ stage, path, text, readings, tries }: StageReport): StreamReading {
  expect({ stage, path, text, tries }).toEqual({ stage, path, text: null, tries: [] });
  const [reading] = readings;
  if (!reading) throw new Error(`Stage ${stage} was not read.`);
  expectGoodReading(reading);
  return reading;
}

function expectGoodReading({ violations, frames, outcome }: StreamReading): void {
  expect(violations).toEqual([]);
  expect(frames[0]?.event).not.toBe("complete");
  expect(frames.filter(({ event }) => event === "complete")).toHaveLength(1);
  expect(outcome).toMatchObject({ status: 200, complete: { ok: true, message: expect.any(String), errors: [] } });
}

function resultOf({ outcome }: StreamReading): Record<string, unknown> {
  return (outcome.complete?.result ?? {}) as Record<string, unknown>;
}
