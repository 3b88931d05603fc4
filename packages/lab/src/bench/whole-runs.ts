import type { RunView } from "@proxbox/contracts/http";
import { type ServiceName, serviceNames } from "@proxbox/stack/services";
import { buildEstate, type EstateSize } from "../proxmox/build-estate.ts";
import { addTag, configure, guestOf, setStatus } from "../proxmox/change.ts";
import type { Estate } from "../proxmox/estate.ts";
import { type Scene, startScene } from "../scene.ts";
import { type Usage, usageOf } from "./process-usage.ts";

/** A program that takes part in a run: each is a process of its own. */
export type Program = ServiceName | "nats-server";

/** What one run came to. CPU is null on a machine that does not tell it. */
export type RunFigures = {
  seconds: number;
  /** Objects that NetBox should hold, changed or not. */
  objects: number;
  reads: number;
  writes: number;
  objectsWritten: number;
  proxmoxRequests: number;
  cpuMs: Record<Program, number> | null;
};

/**
 * A first run into an empty NetBox, one more that changes nothing, one after 5 % of the guests changed, and what each
 * program's memory rose to meanwhile.
 */
export type WholeRuns = {
  guests: number;
  first: RunFigures;
  again: RunFigures;
  few: RunFigures;
  peakRssMb: Record<Program, number> | null;
};

const known = new Map<number, Promise<WholeRuns>>();

/**
 * The runs at a size, with every service as a process of its own and a NetBox that takes no time. Several benchmarks look
 * at them, so they are made once. Throws Error when a run is not ok: figures of a broken run say nothing.
 */
export function wholeRuns(guests: number): Promise<WholeRuns> {
  const runs = known.get(guests) ?? measure(guests);
  known.set(guests, runs);
  return runs;
}

/** An estate as it would be: about 50 guests on a node, up to 20 nodes in a cluster, never smaller than the demo's. */
export function estateSize(guests: number): EstateSize {
  return {
    seed: 1,
    clusters: Math.max(3, Math.round(guests / 1_000)),
    nodes: Math.max(8, Math.round(guests / 50)),
    guests,
  };
}

/** Starts a run and waits for its end. Throws Error, with its reason, when it is not ok. */
export async function runToEnd({ gateway }: Scene): Promise<RunView> {
  const { id } = await gateway.startRun();
  const run = await gateway.finished(id);
  if (run.ok) return run;
  const [error] = run.stages.flatMap(({ error, summary }) => error ?? summary?.errors ?? []);
  throw new Error(`Run ${id} is ${run.phase}: ${run.reason} ${error?.message ?? ""}`);
}

/** How long a run took, by its own facts. */
export function secondsOf({ startedAt, endedAt }: RunView): number {
  return (Date.parse(endedAt ?? "") - Date.parse(startedAt ?? "")) / 1_000;
}

/** Changes every twentieth guest, each in one way: its note, its tags or its state. */
export function changeSome({ clusters }: Estate): void {
  const guests = clusters.flatMap((cluster) => [...cluster.guests.keys()].map((vmid) => ({ cluster, vmid })));
  for (const [index, { cluster, vmid }] of guests.filter((_, position) => position % 20 === 0).entries()) {
    if (index % 3 === 0) configure(cluster, vmid, { description: `Changed note of guest ${vmid}` });
    else if (index % 3 === 1) addTag(cluster, vmid, "changed");
    else setStatus(cluster, vmid, guestOf(cluster, vmid).status === "running" ? "stopped" : "running");
  }
}

async function measure(guests: number): Promise<WholeRuns> {
  const estate = buildEstate(estateSize(guests));
  await using scene = await startScene({ estate, processes: {} });
  const first = await oneRun(scene);
  const again = await oneRun(scene);
  changeSome(estate);
  const few = await oneRun(scene);
  const usage = await usageOfAll(scene);
  return { guests, first, again, few, peakRssMb: usage && pick(usage, ({ peakRssMb }) => peakRssMb) };
}

async function oneRun(scene: Scene): Promise<RunFigures> {
  const before = await usageOfAll(scene);
  scene.netbox.resetCounts();
  for (const endpoint of scene.proxmox) endpoint.resetCounts();
  const run = await runToEnd(scene);
  const after = await usageOfAll(scene);
  const { reads, writes, objectsWritten } = scene.netbox.counts();
  const asked = scene.proxmox.flatMap((endpoint) => Object.values(endpoint.counts()));
  const counts = run.stages.flatMap(({ summary }) => (summary ? Object.values(summary.counts) : []));
  return {
    seconds: secondsOf(run),
    objects: counts.reduce((sum, count) => sum + count, 0),
    reads,
    writes,
    objectsWritten,
    proxmoxRequests: asked.reduce((sum, count) => sum + count, 0),
    cpuMs: before && after && pick(after, ({ cpuMs }, program) => cpuMs - before[program].cpuMs),
  };
}

async function usageOfAll({ processes }: Scene): Promise<Record<Program, Usage> | null> {
  if (!processes) throw new Error("The services are not processes of their own.");
  const pids: [Program, number][] = serviceNames.map((name) => [name, processes.pid(name)]);
  pids.push(["nats-server", processes.nats.server.pid]);
  const usages: [Program, Usage][] = [];
  for (const [program, pid] of pids) {
    const usage = await usageOf(pid);
    if (!usage) return null;
    usages.push([program, usage]);
  }
  return Object.fromEntries(usages) as Record<Program, Usage>;
}

function pick<T>(usages: Record<Program, Usage>, of: (usage: Usage, program: Program) => T): Record<Program, T> {
  const entries = Object.entries(usages) as [Program, Usage][];
  return Object.fromEntries(entries.map(([program, usage]) => [program, of(usage, program)])) as Record<Program, T>;
}
