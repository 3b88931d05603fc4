import { type Action, TOKENS } from "./access.ts";
import { type Content, contentOf, putContent } from "./content.ts";
import { type CostModel, createCost } from "./cost.ts";
import { type Counts, noCounts } from "./counts.ts";
import { createFaults, type Fault } from "./faults.ts";
import type { JsonObject, Row } from "./model.ts";
import { modelsFor } from "./models/all.ts";
import type { PluginRelease } from "./models/plugin-parts.ts";
import { present, wholeShape } from "./present.ts";
import { removeRow } from "./remove.ts";
import { resetScene, type Scene, serve } from "./requests.ts";
import { seed } from "./seed.ts";
import { traitsOf } from "./versions.ts";
import { createWorld, store, tableAt, transaction, type World } from "./world.ts";
import { create } from "./write.ts";

/** A token by the name it has here. */
export type TokenName = "v1" | "v2" | "limited" | "readonly";

/** What a simulated NetBox starts with. */
export type StartOptions = {
  readonly port?: number;
  readonly hostname?: string;
  /** What `/api/status/` says; 4.6.8 when absent. Before 4.6 there are no VM types, cursors and ETags either. */
  readonly version?: string;
  /** Release of netbox-proxbox; the newest when absent. */
  readonly plugin?: PluginRelease;
  readonly cost?: CostModel;
  readonly capacity?: number;
  /** NetBox's ENFORCE_GLOBAL_UNIQUE; on when absent. */
  readonly enforceGlobalUnique?: boolean;
  /** Closes connections that were idle about this long (NetBox's gunicorn: 2). Never when absent. */
  readonly idleSeconds?: number;
  /** What it holds from the beginning, in place of what a new one has. */
  readonly content?: Content;
};

/** A NetBox in memory that answers HTTP as NetBox 4.6.8 with netbox-proxbox does, on the paths a sync uses. */
export type SimulatedNetBox = AsyncDisposable & {
  /** `http://127.0.0.1:<port>`, without a slash at the end. */
  readonly url: string;
  /** Header values and secrets. `limited` may do nothing until permitted; `readonly` reads everything. */
  readonly tokens: {
    readonly v1: string;
    readonly v2: { readonly key: string; readonly secret: string; readonly header: string };
    readonly limited: string;
    readonly readonly: string;
  };
  counts(): Counts;
  resetCounts(): void;
  /** Most requests at work at once since the counts were reset. */
  peakInFlight(): number;
  /** The rows of a model as the API shows them: `rows("virtualization/virtual-machines")`. */
  rows(path: string): JsonObject[];
  /** Creates an object as a POST would, without counting a request. Throws what the API would refuse. */
  insert(path: string, body: JsonObject): JsonObject;
  /** Everything it holds, to start another one with. */
  content(): Content;
  /** Changes what is stored, past every check, as SQL would. */
  edit(path: string, id: number, values: JsonObject): void;
  /** Deletes an object with what goes with it, without counting a request. */
  remove(path: string, id: number): void;
  /** More requests in flight than this are answered with `status` (503); null takes the limit off. */
  setCapacity(limit: number | null, status?: number): void;
  setCost(model: CostModel | null): void;
  readonly faults: { add(fault: Fault): void; clear(): void };
  readonly permissions: {
    deny(token: TokenName, action: Action, path: string): void;
    allow(token: TokenName, action: Action, path: string): void;
    clear(): void;
  };
};

const SECRETS: Readonly<Record<TokenName, string>> = {
  v1: TOKENS.v1,
  v2: `nbt_${TOKENS.v2.key}.${TOKENS.v2.secret}`,
  limited: TOKENS.limited,
  readonly: TOKENS.readonly,
};

/** Who writes when a test does. */
const SELF = { user: "admin", request: "simulator" };

const WHOLE = { partial: false, accepts: () => true };

const setScene = (options: StartOptions): Scene => {
  const release = options.plugin ?? "0.0.29.post6";
  const version = options.version ?? "4.6.8";
  const traits = traitsOf(version);
  const world = createWorld(modelsFor(release, traits), traits);
  world.settings.enforceGlobalUnique = options.enforceGlobalUnique ?? true;
  seed(world, release);
  if (options.content) putContent(world, options.content);
  return {
    world,
    version,
    release,
    faults: createFaults(),
    grants: [],
    cost: createCost(options.cost ?? null),
    capacity: options.capacity === undefined ? null : { limit: options.capacity, status: 503 },
    counts: noCounts(),
    inFlight: 0,
    peak: 0,
  };
};

const rowAt = (world: World, path: string, id: number): Row => {
  const row = tableAt(world, path).rows.get(id);
  if (!row) throw new Error(`the simulated NetBox has no ${path}/${id}`);
  return row;
};

/** Starts a simulated NetBox on a free port (or `port`). Dispose of it to stop it. */
export const startNetBox = async (options: StartOptions = {}): Promise<SimulatedNetBox> => {
  const scene = setScene(options);
  const { world } = scene;
  const idle = options.idleSeconds ?? 0;
  let changesBefore = 0;
  const server = Bun.serve({
    port: options.port ?? 0,
    hostname: options.hostname ?? "127.0.0.1",
    idleTimeout: idle,
    maxRequestBodySize: 256 * 1024 * 1024,
    fetch: async (request, connection) => {
      // Bun would count the time a request is at work as idle.
      if (idle > 0) connection.timeout(request, 0);
      const response = await serve(scene, request);
      if (idle > 0) connection.timeout(request, idle);
      return response;
    },
  });
  const url = `http://${server.hostname}:${server.port}`;
  const show = (path: string, row: Row): JsonObject => {
    const table = tableAt(world, path);
    return present(world, table, row, url, wholeShape(table.model));
  };
  const rule = (token: TokenName, action: Action, path: string, allow: boolean) =>
    void scene.grants.push({ token: SECRETS[token], action, path, allow });

  return {
    url,
    tokens: {
      v1: TOKENS.v1,
      v2: { ...TOKENS.v2, header: `Bearer ${SECRETS.v2}` },
      limited: TOKENS.limited,
      readonly: TOKENS.readonly,
    },
    counts: () => ({ ...scene.counts, changes: world.changes.length - changesBefore }),
    resetCounts: () => {
      resetScene(scene);
      changesBefore = world.changes.length;
    },
    peakInFlight: () => scene.peak,
    rows: (path) => [...tableAt(world, path).rows.values()].map((row) => show(path, row)),
    insert: (path, body) =>
      show(
        path,
        transaction(world, () => create(world, tableAt(world, path), body, WHOLE, SELF)),
      ),
    content: () => contentOf(world),
    edit: (path, id, values) => store(world, tableAt(world, path), { ...rowAt(world, path, id), ...values } as Row),
    remove: (path, id) =>
      transaction(world, () => removeRow(world, tableAt(world, path), rowAt(world, path, id), SELF)),
    setCapacity: (limit, status = 503) => {
      scene.capacity = limit === null ? null : { limit, status };
    },
    setCost: (model) => {
      scene.cost = createCost(model);
    },
    faults: scene.faults,
    permissions: {
      deny: (token, action, path) => rule(token, action, path, false),
      allow: (token, action, path) => rule(token, action, path, true),
      clear: () => void scene.grants.splice(0),
    },
    [Symbol.asyncDispose]: async () => {
      await server.stop(true);
    },
  };
};
