import { expect } from "bun:test";
import type { AttemptResults } from "@proxbox/contracts/http";
import type { ObjectOutcome } from "@proxbox/contracts/messages";
import type { StageName } from "@proxbox/contracts/stages";
import type { SyncOptionsInput } from "@proxbox/contracts/sync-options";
import type { SimulatedNetBox, StartOptions } from "../src/netbox/server.ts";
import { buildEstate } from "../src/proxmox/build-estate.ts";
import { create } from "../src/proxmox/change.ts";
import type { EstateCluster } from "../src/proxmox/estate.ts";
import type { SimulatedProxmox } from "../src/proxmox/server.ts";
import { startScene } from "../src/scene.ts";

/** A row as NetBox shows it. */
export type Row = { id: number } & Record<string, unknown>;

/** What came of a run; outcomes and texts are those of the guests' interfaces and addresses. */
export type NetworkRun = { ok: boolean | null; writes: number; objects: ObjectOutcome[]; skipped: string[] };

/** Few guests whose network is looked at closely. */
export type NetworkScene = AsyncDisposable & {
  readonly cluster: EstateCluster;
  readonly netbox: SimulatedNetBox;
  readonly proxmox: SimulatedProxmox;
  /** What came of the run that made it all. */
  readonly first: NetworkRun;
  run(options?: SyncOptionsInput): Promise<NetworkRun>;
  /** Runs and expects that nothing is written. */
  settled(options?: SyncOptionsInput): Promise<void>;
  rows(path: string): Row[];
  /** The first such row; throws when there is none. */
  find(path: string, test: (row: Row) => boolean): Row;
  /** The rows of a virtual machine, by its name. */
  rowsOf(path: string, machine: string): Row[];
};

/** What may be done before the guests come to NetBox, when the nodes are there. */
export type Preparation = (world: Pick<NetworkScene, "cluster" | "netbox" | "find">) => void;

/** Starts one cluster of two nodes with guests 900, 901, ... on the first of them, named `a`, `b`, ..., and runs once. */
export async function startGuests(
  count: number,
  { netbox: options = {}, prepare }: { netbox?: StartOptions; prepare?: Preparation } = {},
): Promise<NetworkScene> {
  const estate = buildEstate({ seed: 4, clusters: 1, nodes: 2, guests: 0 });
  const [cluster] = estate.clusters;
  if (!cluster) throw new Error("The estate has no cluster.");
  for (let index = 0; index < count; index++) create(cluster, 900 + index, String.fromCharCode(97 + index));
  await using owned = new AsyncDisposableStack();
  const { gateway, netbox, proxmox } = owned.use(
    await startScene({ estate, netbox: options, env: { PROXBOX_LOG_LEVEL: "error" } }),
  );
  const [endpoint] = proxmox;
  if (!endpoint) throw new Error("The scene has no Proxmox.");
  const rows = (path: string) => netbox.rows(path) as Row[];
  const find = (path: string, test: (row: Row) => boolean) => {
    const row = rows(path).find(test);
    if (!row) throw new Error(`There is no such row in ${path}.`);
    return row;
  };
  const start = async (stages: StageName[], chosen: SyncOptionsInput): Promise<NetworkRun> => {
    netbox.resetCounts();
    const { id } = await gateway.startRun({ options: chosen, stages });
    const view = await gateway.finished(id);
    const objects: ObjectOutcome[] = [];
    for (const stage of stages.filter((name) => name === "vm-interfaces" || name === "ip-addresses")) {
      const path = `/runs/${id}/stages/${stage}/attempts/1?limit=500`;
      const { results } = await gateway.call<AttemptResults>("GET", path);
      objects.push(...results.flatMap((result) => result.objects));
    }
    const skipped = objects.flatMap(({ name, outcome, reason }) =>
      outcome === "skipped" ? [`${name}: ${reason}`] : [],
    );
    return { ok: view.ok, writes: netbox.counts().writes, objects, skipped: skipped.sort() };
  };
  const run = (chosen: SyncOptionsInput = {}) =>
    start(["devices", "virtual-machines", "vm-interfaces", "ip-addresses"], chosen);
  await start(["devices"], {});
  prepare?.({ cluster, netbox, find });
  const first = await run();
  expect(first.ok).toBe(true);
  const kept = owned.move();
  return {
    cluster,
    netbox,
    proxmox: endpoint,
    first,
    run,
    settled: async (chosen) => expect((await run(chosen)).writes).toBe(0),
    rows,
    find,
    rowsOf: (path, machine) =>
      rows(path).filter(({ virtual_machine: vm }) => (vm as { name: string } | null)?.name === machine),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}
