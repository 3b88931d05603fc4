import { expect } from "bun:test";
import type { AttemptResults, RunView } from "@proxbox/contracts/http";
import type { SyncOptionsInput } from "@proxbox/contracts/sync-options";
import type { JsonObject } from "../src/netbox/model.ts";
import type { Estate } from "../src/proxmox/estate.ts";
import { type Scene, startScene } from "../src/scene.ts";
import { expectedAfter } from "./expected-after.ts";
import { findRow, seen } from "./seen.ts";
import type { Circumstances, Columns, Shown, Truth } from "./truth/form.ts";
import { silentMachines } from "./truth/guest-network.ts";
import { truthOf } from "./truth/truth.ts";

/** What differs from the estate for good, because an operator wants it so. */
type Held = { path: string; key: string; columns: Columns | ((row: Columns) => Columns) };

/** What a run is told, and what of its circumstances has changed. */
export type Following = {
  names?: Record<string, string>;
  metadata?: boolean;
  options?: SyncOptionsInput;
  /** Rows, by path and key, that NetBox cannot have although the estate has what they stand for. */
  drop?: readonly (readonly [path: string, key: string])[];
};

/** A scene whose NetBox is held, run by run, against what it should hold by then. */
export type FollowedScene = AsyncDisposable & {
  readonly scene: Scene;
  /** What NetBox should hold by now. */
  expected: Truth;
  /** The options of the last run that was expected to go well. */
  readonly lastOptions: SyncOptionsInput | undefined;
  /** Addresses of rows of other people, which are left out. */
  readonly foreign: string[];
  /** Where an endpoint's cluster is in NetBox when its name does not tell, by the endpoint's name. */
  readonly places: Record<string, Shown["place"]>;
  /** Lets the estate's present state decide what is expected, then runs; see `expectRun`. */
  follow(following?: Following): Promise<RunView>;
  /** Lets the estate's present state decide what is expected at one path only. */
  take(path: string): void;
  /** Runs and holds NetBox against what is expected. */
  expectRun(options?: SyncOptionsInput): Promise<RunView>;
  /** Runs, whatever comes of it. */
  run(options?: SyncOptionsInput): Promise<RunView>;
  /** Holds NetBox against what is expected. */
  inLine(): void;
  /** Runs once more as the last time and expects that nothing is written. */
  expectNoWrites(): Promise<void>;
  shown(): Shown[];
  /** An expected row; throws when there is none. */
  at(path: string, key: string): Columns;
  hold(path: string, key: string, columns: Held["columns"]): void;
  release(path: string, key: string): void;
  /** Changes a row as an operator would; columns as in `seen.ts`. */
  edit(path: string, key: string, columns: Columns): void;
  /** Makes a row as an operator would. */
  insert(path: string, body: JsonObject): { id: number; url: string };
};

/** Starts a scene and has it synchronised once. */
export async function startFollowed(estate: Estate, places: FollowedScene["places"] = {}): Promise<FollowedScene> {
  const scene = await startScene({ estate, env: { PROXBOX_LOG_LEVEL: "error" } });
  const { netbox, gateway } = scene;
  let standing: Held[] = [];
  let lastOptions: SyncOptionsInput | undefined;
  const followed: FollowedScene = {
    scene,
    expected: {},
    get lastOptions() {
      return lastOptions;
    },
    foreign: [],
    places,
    async follow({ names = {}, metadata = false, options, drop = [] } = {}) {
      const circumstances: Circumstances = { names: { ...namesOf(followed.expected), ...names }, metadata };
      const shown = followed.shown();
      followed.expected = expectedAfter(
        followed.expected,
        truthOf(shown, circumstances),
        silentMachines(shown),
        options,
      );
      for (const [path, key] of drop) delete followed.expected[path]?.[key];
      for (const { path, key, columns } of standing) {
        const held = followed.at(path, key);
        Object.assign(held, typeof columns === "function" ? columns(held) : columns);
      }
      return followed.expectRun(options);
    },
    take(path) {
      const now = truthOf(followed.shown(), { names: namesOf(followed.expected) });
      followed.expected[path] = { ...followed.expected[path], ...now[path] };
    },
    async expectRun(options) {
      const view = await followed.run(options);
      expect(view).toMatchObject({ phase: "done", ok: true });
      followed.inLine();
      lastOptions = options;
      return view;
    },
    async run(options = {}) {
      const { id } = await gateway.startRun({ options });
      // The stream of a run ends with it.
      for await (const _ of gateway.events(id));
      return gateway.run(id);
    },
    inLine: () => expect(seen(netbox, { foreign: followed.foreign })).toEqual(followed.expected),
    async expectNoWrites() {
      netbox.resetCounts();
      expect(await followed.run(lastOptions)).toMatchObject({ phase: "done", ok: true });
      expect(netbox.counts().writes).toBe(0);
    },
    shown: () =>
      scene.proxmox.map(({ cluster, url }, index): Shown => {
        const place = followed.places[cluster.endpoint];
        return { cluster, url, id: scene.endpointIds[index] ?? 0, ...(place ? { place } : {}) };
      }),
    at(path, key) {
      const found = followed.expected[path]?.[key];
      if (!found) throw new Error(`Nothing is expected at ${path} ${key}.`);
      return found;
    },
    hold: (path, key, columns) => void standing.push({ path, key, columns }),
    release(path, key) {
      standing = standing.filter((held) => held.path !== path || held.key !== key);
    },
    edit(path, key, columns) {
      const values = Object.entries(columns).map(([column, value]) => {
        const reference = references[column];
        if (reference) return [column, findRow(netbox, reference, String(value)).id];
        if (column !== "tags") return [column, value];
        return [column, (value as string[]).map((tag) => findRow(netbox, "extras/tags", tag).id)];
      });
      netbox.edit(path, findRow(netbox, path, key).id, Object.fromEntries(values));
    },
    insert: (path, body) => netbox.insert(path, body) as { id: number; url: string },
    [Symbol.asyncDispose]: () => scene[Symbol.asyncDispose](),
  };
  followed.expected = truthOf(followed.shown());
  await followed.expectRun();
  return followed;
}

/** The names of machines, by key. */
export function namesOf(truth: Truth): Record<string, string> {
  const rows = Object.entries(truth["virtualization/virtual-machines"] ?? {});
  return Object.fromEntries(rows.map(([key, columns]) => [key, String(columns.name)]));
}

/** A stage of a run. */
export function stageOf(view: RunView, name: string) {
  const stage = view.stages.find((candidate) => candidate.stage === name);
  if (!stage) throw new Error(`The run has no stage ${name}.`);
  return stage;
}

/** What a stage left out, and why. */
export async function skippedIn(scene: Scene, view: RunView, stage: string): Promise<string[]> {
  const path = `/runs/${view.id}/stages/${stage}/attempts/1?limit=500`;
  const { results } = await scene.gateway.call<AttemptResults>("GET", path);
  const objects = results.flatMap((result) => result.objects).filter(({ outcome }) => outcome === "skipped");
  return objects.map(({ name, reason }) => `${name}: ${reason}`).sort();
}

const references: Record<string, string> = {
  platform: "dcim/platforms",
  role: "dcim/device-roles",
  virtual_machine_type: "virtualization/virtual-machine-types",
};
