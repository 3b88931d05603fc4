import { expect, test } from "bun:test";
import type { RunList } from "@proxbox/contracts/http";
import type { ServiceName } from "@proxbox/stack/services";
import { runJob } from "../src/plugin/job.ts";
import { buildEstate } from "../src/proxmox/build-estate.ts";
import { type PluginScene, shownBy, startPluginScene } from "./plugin-scene.ts";
import { shortWaits } from "./processes.ts";
import { seen } from "./seen.ts";
import { truthOf } from "./truth/truth.ts";

/** Which process dies, once, when the plugin is told that a step has begun. */
const victims = new Map<string, ServiceName>([
  ["devices", "gateway"],
  ["virtual-machines", "vms"],
  ["virtual-disks", "orchestrator"],
  ["vm-interfaces", "gateway"],
  ["vm-ip-addresses", "network"],
]);

test("a job during which processes die is done all the same: a stream that broke off is told again from its beginning", async () => {
  const killed: ServiceName[] = [];
  let world: PluginScene | null = null;
  const shoot = (step: string) => {
    const victim = victims.get(step);
    if (!victim || !world?.scene.processes) return;
    victims.delete(step);
    world.scene.processes.kill(victim, "SIGKILL");
    killed.push(victim);
  };
  await using started = await startPluginScene("0.0.29.post6", {
    estate: buildEstate({ seed: 6, clusters: 1, nodes: 2, guests: 12 }),
    processes: {},
    env: shortWaits,
    // Eight seconds become one: a process is back by then.
    pace: 0.125,
    reader: { onFrame: ({ event, data }) => event === "step" && data.status === "started" && shoot(String(data.step)) },
  });
  world = started;
  // The first stage takes longer than a gateway takes to come back.
  world.scene.netbox.faults.add({ kind: "delay", ms: 1_500, times: 6 });
  const report = await runJob(world.plugin);
  expect({ status: report.status, text: report.text }).toEqual({ status: "completed", text: null });
  expect(killed).toHaveLength(5);
  expect(seen(world.scene.netbox)).toEqual(truthOf(shownBy(world)));

  const [devices] = report.stages.filter(({ stage }) => stage === "devices");
  expect(devices?.tries).toEqual([{ status: 502, detail: expect.any(String), kind: "transport" }]);
  const [broken, whole] = devices?.readings ?? [];
  expect(whole?.violations).toEqual([]);
  const { length } = broken?.frames ?? [];
  expect(whole?.frames.slice(0, length)).toEqual(broken?.frames ?? []);

  // What was asked for again was the run that was still going.
  const { runs } = (await world.ask("GET", "/runs", { query: { limit: "200" } })).json as RunList;
  expect(runs.filter(({ stages }) => stages[0]?.stage === "devices")).toHaveLength(1);
}, 120_000);
