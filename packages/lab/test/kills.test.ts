import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import type { RunView } from "@proxbox/contracts/http";
import type { ServiceName } from "@proxbox/stack/services";
import { runToEnd } from "../src/bench/whole-runs.ts";
import type { Fault } from "../src/netbox/faults.ts";
import { buildEstate } from "../src/proxmox/build-estate.ts";
import { addTag, migrate, recreate, remove, rename, setStatus } from "../src/proxmox/change.ts";
import type { Estate } from "../src/proxmox/estate.ts";
import { type Random, seededRandom } from "../src/proxmox/random.ts";
import { type Scene, startScene } from "../src/scene.ts";
import { busOf, differencesOf, shortWaits, startRun, toldTwice } from "./processes.ts";

setDefaultTimeout(180_000);

/** Chooses victims and moments; it is in the title of a round, and PROXBOX_TEST_SEED makes the same choices again. */
const seed = Number(process.env.PROXBOX_TEST_SEED ?? Date.now() % 100_000);
const rounds = [1, 2, 3, 4].map((round) => seed + round);
const killsPerRound = 6;
const killsPerRun = 4;

type Victim = readonly [program: ServiceName | "nats-server", replica: number];
const victims: readonly Victim[] = [
  ["nats-server", 0],
  ["orchestrator", 0],
  ["gateway", 0],
  ["inventory", 0],
  ["vms", 0],
  ["vms", 1],
  ["backups", 0],
  ["network", 0],
  ["replication", 0],
];

/** Whether there was a process to kill: one that died a moment ago may not have been started again yet. */
function kill({ processes }: Scene, [program, replica]: Victim): boolean {
  if (!processes) throw new Error("The services are not processes of their own.");
  const pid = program === "nats-server" ? processes.nats.server.pid : processes.pid(program, replica);
  try {
    return process.kill(pid, "SIGKILL");
  } catch {
    return false;
  }
}

/** Every victim once, in a random order, again and again. */
function* deck(random: Random): Generator<Victim> {
  for (;;)
    yield* victims
      .map((victim) => ({ victim, place: random.next() }))
      .sort((a, b) => a.place - b.place)
      .map(({ victim }) => victim);
}

/** A run during which processes die at random moments, and how many of them did before it was over. */
async function runUnderFire(
  scene: Scene,
  next: Iterator<Victim>,
  random: Random,
): Promise<{ run: RunView; kills: number }> {
  const id = await startRun(scene);
  const killed: number[] = [];
  const over = new AbortController();
  const shoot = async () => {
    while (!over.signal.aborted && killed.length < killsPerRun) {
      await Bun.sleep(random.integer(50, 2_500));
      if (!over.signal.aborted && kill(scene, next.next().value)) killed.push(Date.now());
    }
  };
  const shooting = shoot();
  const run = await scene.gateway.finished(id, AbortSignal.timeout(90_000)).finally(() => over.abort());
  await shooting;
  return { run, kills: killed.filter((at) => at < Date.parse(run.endedAt ?? "")).length };
}

/** What operators do between two runs: in every cluster guests come and go, move, stop, and get other names and tags. */
function change(estate: Estate, step: number): void {
  const random = seededRandom(step);
  for (const cluster of estate.clusters) {
    const vmids = [...cluster.guests.keys()];
    const some = () => random.pick(vmids as [number, ...number[]]);
    const gone = remove(cluster, vmids.shift() ?? 0);
    const names = ["hostname" in gone.config ? "hostname" : "name"].map((key) => [key, `new-${step}`]);
    recreate(cluster, {
      ...gone,
      vmid: 9_000 + step,
      name: `new-${step}`,
      config: { ...gone.config, ...Object.fromEntries(names) },
    });
    rename(cluster, some(), `renamed-${step}`);
    addTag(cluster, some(), `added-${step}`);
    setStatus(cluster, some(), "stopped");
    migrate(cluster, some(), random.pick(cluster.nodes.map(({ name }) => name) as [string, ...string[]]));
  }
}

test.each(rounds)("processes die at random moments of runs, seed %d", async (roundSeed) => {
  const random = seededRandom(roundSeed);
  const next = deck(random);
  const size = { seed: roundSeed, clusters: 2, nodes: 4, guests: 90 };
  const estates = [buildEstate(size), buildEstate(size)] as const;
  await using calm = await startScene({ estate: estates[0] });
  await using scene = await startScene({ estate: estates[1], env: shortWaits, processes: { vms: 2 } });
  await using bus = await busOf(scene);
  scene.netbox.faults.add({ kind: "delay", ms: 60 });

  let kills = 0;
  for (let step = 0; kills < killsPerRound; step += 1) {
    if (step > 0) for (const estate of estates) change(estate, step);
    const fired = await runUnderFire(scene, next, random);
    kills += fired.kills;
    expect(fired.run).toMatchObject({ phase: "done", ok: true });
    expect(await toldTwice(bus, fired.run.id)).toEqual([]);
    await runToEnd(calm);
    expect(differencesOf(scene.netbox, calm.netbox)).toEqual([]);
  }
  scene.netbox.resetCounts();
  const after = await scene.gateway.finished(await startRun(scene));
  expect(after).toMatchObject({ phase: "done", ok: true });
  expect(scene.netbox.counts()).toMatchObject({ writes: 0, changes: 0 });
});

const machines = "virtualization/virtual-machines";
const links = "plugins/proxbox/guest-vm-interface-addresses";
const identities = "plugins/proxbox/sync-state/virtual-machines";

describe("between a machine and its identity", () => {
  let scene: Scene;
  beforeAll(async () => {
    const estate = buildEstate({ seed: 1, clusters: 1, nodes: 2, guests: 12 });
    scene = await startScene({ estate, env: shortWaits, processes: {} });
  });
  afterAll(() => scene[Symbol.asyncDispose]());

  /** A late one is carried out after its sender has given it up, or has died and is at work again. */
  const late = { kind: "delay", ms: 2_500 } as const;
  const cases: [path: string, fault: Fault, death: "dies" | "lives"][] = [machines, identities].flatMap((path) =>
    [late, { kind: "reset" } as const, { kind: "lost-answer" } as const].flatMap((fault): typeof cases => [
      [path, fault, "dies"],
      [path, fault, "lives"],
    ]),
  );
  test.each(cases)("a POST to %s meets %j and its sender %s: nothing is doubled", async (path, fault, death) => {
    const { netbox, gateway } = scene;
    // NetBox lets go of no machine whose guest's addresses are linked.
    for (const path of [links, machines]) for (const { id } of netbox.rows(path)) netbox.remove(path, Number(id));
    netbox.resetCounts();
    netbox.faults.add({ ...fault, method: "POST", path, times: 1 });
    const id = await startRun(scene);
    while (!netbox.counts().byPath[path]?.POST) await Bun.sleep(2);
    if (death === "dies") expect(kill(scene, ["vms", 0])).toBe(true);
    expect(await gateway.finished(id)).toMatchObject({ phase: "done", ok: true });
    const guests = [...(scene.proxmox[0]?.cluster.guests.values() ?? [])].map(({ type, vmid }) => `${type} ${vmid}`);
    const rows = netbox.rows(identities);
    expect(rows.map((row) => `${row.proxmox_vm_type} ${row.proxmox_vm_id}`).sort()).toEqual(guests.sort());
    const owners = rows.map(({ virtual_machine }) => (virtual_machine as { id: number }).id);
    expect(owners.sort()).toEqual(
      netbox
        .rows(machines)
        .map(({ id }) => Number(id))
        .sort(),
    );
  });
});
