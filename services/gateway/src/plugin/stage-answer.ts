import type { RunRequest } from "@proxbox/contracts/messages";
import { netboxUrl } from "@proxbox/runtime/endpoints";
import { toWireError } from "@proxbox/runtime/errors";
import { sleep } from "@proxbox/runtime/retry";
import { RequestError } from "../errors.ts";
import type { GatewayParts } from "../parts.ts";
import type { PluginFrame } from "./frame.ts";
import type { FrameMaker } from "./frames/stage-frames.ts";
import { pluginStream, streamHeaders } from "./plugin-stream.ts";
import { stageRequest } from "./stage-order.ts";
import type { StagePath } from "./stage-paths.ts";
import { toldRun } from "./told-run.ts";

type Parts = Pick<GatewayParts, "config" | "endpoints" | "wishes" | "hub" | "metrics" | "log">;

/** A request as a route has it. */
export type Incoming = {
  request: Request;
  /** The NetBox id of a machine, when the path has one. */
  machine: string | undefined;
  server: { timeout(request: Request, seconds: number): void } | null;
};

/** What a request asks for, and where the objects of it are to be seen. */
export type StageOrder = { request: RunRequest; netboxUrl: string | null };

/** Makes the frames of a run with this id. */
export type FramesOf = (order: StageOrder, run: string) => FrameMaker;

/** Reads what is asked for on a path. Throws RequestError as `stageRequest` does, and 503 without a bus. */
export async function orderOf(parts: Parts, path: StagePath, { request, machine }: Incoming): Promise<StageOrder> {
  const query = Object.fromEntries(new URL(request.url).searchParams);
  const [proxmox, netbox] = await Promise.all([parts.endpoints.proxmox(), parts.endpoints.netbox()]);
  const usual = { delete_orphans: parts.config.PROXBOX_DELETE_ORPHANS };
  return {
    request: stageRequest(path, query, { proxmox, netbox, usual }, machine),
    netboxUrl: netbox && netboxUrl(netbox),
  };
}

/** Answers with the frames of the run, from its first event to its end; the run lasts as long as they are read. */
export async function answerWithStream(parts: Parts, order: StageOrder, framesOf: FramesOf, incoming: Incoming) {
  // Who asks for the headers only wants no run.
  if (incoming.request.method === "HEAD") return new Response(null, { headers: streamHeaders });
  const told = await follow(parts, order, framesOf, incoming.request.signal);
  parts.metrics.sseClients.inc();
  let ended = false;
  const onEnd = () => {
    if (ended) return;
    ended = true;
    parts.metrics.sseClients.dec();
    told.end();
  };
  return new Response(pluginStream(told.frames, onEnd), { headers: streamHeaders });
}

/** Answers when the run is over, with its result. Throws RequestError 502, saying why, when it failed. */
export async function answerWhenOver(parts: Parts, order: StageOrder, framesOf: FramesOf, incoming: Incoming) {
  const { request, server } = incoming;
  if (request.method === "HEAD") return new Response(null, { headers: { "content-type": "application/json" } });
  // It takes as long as it takes, and nothing is sent meanwhile.
  server?.timeout(request, 0);
  const told = await follow(parts, order, framesOf, request.signal);
  try {
    let last: PluginFrame | undefined;
    for await (const frames of told.frames) last = frames.at(-1);
    const { ok, message, result, errors } = (last?.data ?? {}) as Ending;
    if (ok) return Response.json(result);
    const detail = errors?.[0]?.detail ?? message ?? "The run ended without a word.";
    throw new RequestError(502, "run_failed", message ?? detail, { detail });
  } finally {
    told.end();
  }
}

/** `data` of a `complete` frame. */
type Ending = { ok: boolean; message: string | null; result?: unknown; errors?: { detail: string }[] };

async function follow(parts: Parts, order: StageOrder, framesOf: FramesOf, caller: AbortSignal) {
  const { hub, wishes, log } = parts;
  const attendance = await wishes.attend(order.request);
  const { run, isNew } = attendance;
  const stop = new AbortController();
  const { mode, stages } = order.request;
  if (isNew) log.info({ event: "run.created", run, mode, stages }, "A run was asked for.");
  log.debug({ event: "sse.opened", run, isNew }, "A reader has come.");
  let left = false;
  const end = () => {
    if (left) return;
    left = true;
    stop.abort();
    log.debug({ event: "sse.closed", run }, "A reader has gone.");
    void attendance[Symbol.asyncDispose]();
  };
  // The server may drop a body that nobody has begun to read.
  caller.addEventListener("abort", end, { once: true });
  if (caller.aborted) end();
  const events = hub.follow(run, { seq: 1, over: false, forEver: false, signal: stop.signal });
  const onBroken = (error: unknown) => {
    if (!stop.signal.aborted) log.warn({ event: "sse.closed", run, err: toWireError(error) }, "The events broke off.");
    stop.abort();
  };
  return { frames: toldRun(events, framesOf(order, run), { pause: sleep, onBroken }), end };
}
