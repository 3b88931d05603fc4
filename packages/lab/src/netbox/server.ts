import { type Action, type Grant, TOKENS } from "./access.ts";
import { type Answer, allowed, answer, type Call, Stale } from "./api.ts";
import { type CostModel, createCost } from "./cost.ts";
import { type Counts, countRequest, noCounts } from "./counts.ts";
import { Refusal } from "./errors.ts";
import { createFaults, type Fault } from "./faults.ts";
import type { Json, JsonObject, Row } from "./model.ts";
import { modelsFor } from "./models/all.ts";
import type { PluginRelease } from "./models/plugin-parts.ts";
import { pageFor } from "./pages.ts";
import { present, wholeShape } from "./present.ts";
import { removeRow } from "./remove.ts";
import { type Route, routeOf } from "./routes.ts";
import { seed } from "./seed.ts";
import { createWorld, store, tableAt, transaction } from "./world.ts";
import { create } from "./write.ts";

/** A token by the name it has here. */
export type TokenName = "v1" | "v2" | "limited" | "readonly";

export type StartOptions = {
  readonly port?: number;
  readonly hostname?: string;
  /** What `/api/status/` says; behaviour is that of 4.6.8. */
  readonly version?: string;
  /** Release of netbox-proxbox; the newest when absent. */
  readonly plugin?: PluginRelease;
  readonly cost?: CostModel;
  readonly capacity?: number;
  /** NetBox's ENFORCE_GLOBAL_UNIQUE; on when absent. */
  readonly enforceGlobalUnique?: boolean;
  /** Closes connections that were idle this long (NetBox's gunicorn: 2). Never when absent. */
  readonly idleSeconds?: number;
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

const SELF = { user: "admin", request: "simulator" };
const ALL = { partial: false, accepts: () => true };

const toResponse = (method: string, route: Route, result: Answer): Response => {
  const headers = new Headers({ "API-Version": "4.6" });
  if (route.kind === "model") headers.set("Allow", allowed(route.table, route.id !== undefined).join(", "));
  if (result.etag !== undefined) headers.set("ETag", result.etag);
  if (result.status === 204) return new Response(null, { status: 204, headers });
  headers.set("Content-Type", "application/json");
  return new Response(method === "HEAD" ? null : JSON.stringify(result.body), { status: result.status, headers });
};

const refused = (error: unknown): Answer => {
  if (!(error instanceof Refusal)) throw error;
  const etag = error instanceof Stale ? { etag: error.etag } : {};
  return { status: error.status, body: error.body, written: 0, shown: 0, ...etag };
};

/** A response whose body ends in an error: the client sees the connection close. */
const broken = (text: string): Response => {
  const bytes = new TextEncoder().encode(text);
  const body = new ReadableStream({
    start: (controller) => {
      if (bytes.length > 0) controller.enqueue(bytes);
      controller.error(new Error("connection lost"));
    },
  });
  return new Response(body, { headers: { "Content-Type": "application/json", "Content-Length": "1000000" } });
};

const LOGIN_PAGE = "<!DOCTYPE html><html><head><title>Log in</title></head><body></body></html>";

/** Starts a simulated NetBox on a free port (or `port`). Dispose of it to stop it. */
export const startNetBox = async (options: StartOptions = {}): Promise<SimulatedNetBox> => {
  const release = options.plugin ?? "0.0.29.post6";
  const version = options.version ?? "4.6.8";
  const world = createWorld(modelsFor(release));
  world.settings.enforceGlobalUnique = options.enforceGlobalUnique ?? true;
  seed(world, release);
  const faults = createFaults();
  const grants: Grant[] = [];
  let counts = noCounts();
  let changesBefore = world.changes.length;
  let inFlight = 0;
  let peak = 0;
  let capacity: { limit: number; status: number } | null =
    options.capacity === undefined ? null : { limit: options.capacity, status: 503 };
  let cost = createCost(options.cost ?? null);

  const process = async (request: Request, url: URL, route: Route): Promise<Response> => {
    const page = pageFor(request, url, route, world, version, release);
    if (page) return page;
    if (route.kind !== "model") throw new Error("every other route has a page");
    const raw = request.method === "GET" || request.method === "HEAD" ? "" : await request.text();
    const call: Call = {
      method: request.method,
      url,
      address: url.origin,
      table: route.table,
      id: route.id,
      authorization: request.headers.get("authorization"),
      ifMatch: request.headers.get("if-match"),
      body: () => parseJson(raw),
    };
    const work = await cost.begin(call, raw);
    try {
      const result = ((): Answer => {
        try {
          return answer(world, grants, call);
        } catch (error) {
          return refused(error);
        }
      })();
      await work.spend(result);
      counts.objectsWritten += result.status < 300 ? result.written : 0;
      return toResponse(request.method, route, result);
    } finally {
      work.end();
    }
  };

  const meet = async (fault: Fault | undefined, request: Request, url: URL, route: Route): Promise<Response> => {
    switch (fault?.kind) {
      case "status":
        return Response.json(fault.body ?? { detail: "injected" }, { status: fault.status });
      case "html":
        return new Response(LOGIN_PAGE, { headers: { "Content-Type": "text/html" } });
      case "reset":
        return broken("");
      case "delay":
        await Bun.sleep(fault.ms);
        return process(request, url, route);
      case "lost-answer":
        await process(request, url, route);
        return broken("");
      case "truncated": {
        const text = await (await process(request, url, route)).text();
        return broken(text.slice(0, Math.floor(text.length / 2)));
      }
      default:
        return process(request, url, route);
    }
  };

  const serve = async (request: Request): Promise<Response> => {
    const url = new URL(request.url);
    const route = routeOf(world, url);
    countRequest(counts, request.method, route.path);
    inFlight += 1;
    peak = Math.max(peak, inFlight);
    try {
      const response =
        capacity && inFlight > capacity.limit
          ? new Response("Service Unavailable", { status: capacity.status })
          : await meet(faults.meet(request.method, route.path), request, url, route);
      if (response.status >= 400) counts.refused += 1;
      return response;
    } finally {
      inFlight -= 1;
    }
  };

  const server = Bun.serve({
    port: options.port ?? 0,
    hostname: options.hostname ?? "127.0.0.1",
    idleTimeout: options.idleSeconds ?? 0,
    maxRequestBodySize: 256 * 1024 * 1024,
    fetch: serve,
  });
  const url = `http://${server.hostname}:${server.port}`;
  const show = (path: string, row: Row): JsonObject => {
    const table = tableAt(world, path);
    return present(world, table, row, url, wholeShape(table.model));
  };
  const rule = (token: TokenName, action: Action, path: string, allow: boolean) =>
    void grants.push({ token: SECRETS[token], action, path, allow });

  return {
    url,
    tokens: {
      v1: TOKENS.v1,
      v2: { ...TOKENS.v2, header: `Bearer ${SECRETS.v2}` },
      limited: TOKENS.limited,
      readonly: TOKENS.readonly,
    },
    counts: () => ({ ...counts, changes: world.changes.length - changesBefore }),
    resetCounts: () => {
      counts = noCounts();
      changesBefore = world.changes.length;
      peak = inFlight;
    },
    peakInFlight: () => peak,
    rows: (path) => [...tableAt(world, path).rows.values()].map((row) => show(path, row)),
    insert: (path, body) =>
      show(
        path,
        transaction(world, () => create(world, tableAt(world, path), body, ALL, SELF)),
      ),
    edit: (path, id, values) => {
      const table = tableAt(world, path);
      const row = table.rows.get(id);
      if (!row) throw new Error(`the simulated NetBox has no ${path}/${id}`);
      store(world, table, { ...row, ...values } as Row);
    },
    remove: (path, id) => {
      const table = tableAt(world, path);
      const row = table.rows.get(id);
      if (row) transaction(world, () => removeRow(world, table, row, SELF));
    },
    setCapacity: (limit, status = 503) => {
      capacity = limit === null ? null : { limit, status };
    },
    setCost: (model) => {
      cost = createCost(model);
    },
    faults,
    permissions: {
      deny: (token, action, path) => rule(token, action, path, false),
      allow: (token, action, path) => rule(token, action, path, true),
      clear: () => void grants.splice(0),
    },
    [Symbol.asyncDispose]: async () => {
      await server.stop(true);
    },
  };
};

/** The body of a request; throws 400 when it is no JSON. */
const parseJson = (raw: string): Json | undefined => {
  if (raw === "") return undefined;
  try {
    return JSON.parse(raw) as Json;
  } catch {
    throw new Refusal(400, { detail: "JSON parse error - Expecting value: line 1 column 1 (char 0)" });
  }
};
