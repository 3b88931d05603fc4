import type { Grant } from "./access.ts";
import { type Answer, allowed, answer, type Call, Stale } from "./api.ts";
import type { Cost } from "./cost.ts";
import { type Counts, countRequest, noCounts } from "./counts.ts";
import { Refusal } from "./errors.ts";
import type { Fault, Faults } from "./faults.ts";
import type { Json } from "./model.ts";
import type { PluginRelease } from "./models/plugin-parts.ts";
import { pageFor } from "./pages.ts";
import { type Route, routeOf } from "./routes.ts";
import type { World } from "./world.ts";

/** What requests meet: the world, and everything a test may change while they run. */
export type Scene = {
  readonly world: World;
  readonly version: string;
  readonly release: PluginRelease;
  readonly faults: Faults;
  readonly grants: Grant[];
  cost: Cost;
  capacity: { readonly limit: number; readonly status: number } | null;
  counts: Counts;
  inFlight: number;
  peak: number;
};

/** Sets the counts to zero; requests at work count as the peak so far. */
export const resetScene = (scene: Scene): void => {
  scene.counts = noCounts();
  scene.peak = scene.inFlight;
};

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

/** The body of a request; throws 400 when it is no JSON. */
const parseJson = (raw: string): Json | undefined => {
  if (raw === "") return undefined;
  try {
    return JSON.parse(raw) as Json;
  } catch {
    throw new Refusal(400, { detail: "JSON parse error - Expecting value: line 1 column 1 (char 0)" });
  }
};

const readCall = async (request: Request, url: URL, route: Route & { kind: "model" }): Promise<Call> => {
  const { method, headers } = request;
  const raw = method === "GET" || method === "HEAD" ? "" : await request.text();
  return {
    method,
    url,
    address: url.origin,
    table: route.table,
    id: route.id,
    authorization: headers.get("authorization"),
    ifMatch: headers.get("if-match"),
    body: () => parseJson(raw),
  };
};

const carryOut = async (scene: Scene, call: Call): Promise<Answer> => {
  const work = await scene.cost.begin(call);
  try {
    const result = answer(scene.world, scene.grants, call);
    await work.spend(result);
    scene.counts.objectsWritten += result.written;
    return result;
  } finally {
    work.end();
  }
};

const handle = async (scene: Scene, request: Request, url: URL, route: Route): Promise<Response> => {
  const page = pageFor(scene, request, url, route);
  if (page) return page;
  if (route.kind !== "model") throw new Error("every other route has a page");
  const call = await readCall(request, url, route);
  const result = await carryOut(scene, call).catch(refused);
  return toResponse(request.method, route, result);
};

/** A response that is never sent: the client sees the connection close. Without an error value Bun logs nothing. */
const dropped = (): Response => new Response(new ReadableStream({ start: (controller) => controller.error() }));

/** A response that breaks off after this text. */
const brokenAfter = (text: string): Response => {
  const pull = async (controller: ReadableStreamDefaultController<Uint8Array>) => {
    controller.enqueue(new TextEncoder().encode(text));
    await Bun.sleep(1);
    controller.error();
  };
  return new Response(new ReadableStream({ pull }), { headers: { "Content-Type": "application/json" } });
};

const LOGIN_PAGE = "<!DOCTYPE html><html><head><title>Log in</title></head><body></body></html>";

const meet = async (
  fault: Fault | undefined,
  scene: Scene,
  request: Request,
  url: URL,
  route: Route,
): Promise<Response> => {
  switch (fault?.kind) {
    case "status":
      return Response.json(fault.body ?? { detail: "injected" }, { status: fault.status });
    case "html":
      return new Response(LOGIN_PAGE, { headers: { "Content-Type": "text/html" } });
    case "reset":
      return dropped();
    case "delay":
      await Bun.sleep(fault.ms);
      return handle(scene, request, url, route);
    case "lost-answer":
      await handle(scene, request, url, route);
      return dropped();
    case "truncated": {
      const text = await (await handle(scene, request, url, route)).text();
      return brokenAfter(text.slice(0, Math.ceil(text.length / 2)));
    }
    default:
      return handle(scene, request, url, route);
  }
};

/** Answers one request, and counts it. */
export const serve = async (scene: Scene, request: Request): Promise<Response> => {
  const url = new URL(request.url);
  const route = routeOf(scene.world, url);
  countRequest(scene.counts, request.method, route.path);
  scene.inFlight += 1;
  scene.peak = Math.max(scene.peak, scene.inFlight);
  try {
    const { capacity } = scene;
    const full = capacity !== null && scene.inFlight > capacity.limit;
    const fault = full ? undefined : scene.faults.meet(request.method, route.path);
    const response = full
      ? new Response("Service Unavailable", { status: capacity.status })
      : await meet(fault, scene, request, url, route);
    const lost = fault?.kind === "reset" || fault?.kind === "lost-answer" || fault?.kind === "truncated";
    if (response.status >= 400 || lost) scene.counts.refused += 1;
    if (full) scene.counts.turnedAway += 1;
    return response;
  } finally {
    scene.inFlight -= 1;
  }
};
