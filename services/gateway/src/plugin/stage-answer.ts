import type { RunRequest } from "@proxbox/contracts/messages";
import { netboxUrl } from "@proxbox/runtime/endpoints";
import { sleep } from "@proxbox/runtime/retry";
import { unavailable } from "../errors.ts";
import type { GatewayParts } from "../parts.ts";
import type { RunStreamEvent } from "../run-events.ts";
import type { Dialect } from "./dialect.ts";
import { checkMachine } from "./known-machine.ts";
import { pluginStream, streamHeaders } from "./plugin-stream.ts";
import { stageRequest } from "./stage-order.ts";
import type { StagePath } from "./stage-paths.ts";
import type { Tellings } from "./telling.ts";
import { toldRun } from "./told-run.ts";

type Parts = Pick<GatewayParts, "bus" | "config" | "endpoints" | "wishes" | "hub" | "metrics" | "log">;

/** A request that is answered late. */
type Incoming = { request: Request; server: { timeout(request: Request, seconds: number): void } | null };

/** What a request asks for, and where the objects of it are to be seen. */
export type StageOrder = { request: RunRequest; netboxUrl: string | null };

/**
 * Reads what is asked for on a path; `machine` is the NetBox id in it, if it has one.
 * Throws RequestError as `stageRequest` does, 404 when NetBox has no such machine, and 503 without a bus.
 */
export async function orderOf(
  parts: Parts,
  path: StagePath,
  { url, signal }: Request,
  machine: string | undefined,
): Promise<StageOrder> {
  const query = Object.fromEntries(new URL(url).searchParams);
  const [proxmox, netbox] = await Promise.all([parts.endpoints.proxmox(), parts.endpoints.netbox()]);
  const usual = { delete_orphans: parts.config.PROXBOX_DELETE_ORPHANS };
  const request = stageRequest(path, query, { proxmox, netbox, usual }, machine);
  // A machine of a branch is not to be seen outside of it.
  if (machine !== undefined && !request.options.netbox_branch_schema_id) await checkMachine(parts.bus, machine, signal);
  return { request, netboxUrl: netbox && netboxUrl(netbox) };
}

/** Answers with the frames of the run, from its first event to its end; the run lasts as long as they are read. */
export async function answerWithStream(
  parts: Parts & { tellings: Tellings },
  order: StageOrder,
  dialect: Dialect,
  request: Request,
) {
  // Who asks for the headers only wants no run.
  if (request.method === "HEAD") return new Response(null, { headers: streamHeaders });
  const { metrics, log, tellings } = parts;
  const reader = await attendRun(parts, order, request.signal);
  const { run } = reader;
  const story = { key: dialect.key(order, run), maker: () => dialect.frames(order, run), history: reader.history };
  const teller = tellings.begin(story);
  metrics.sseClients.inc();
  log.debug({ event: "sse.opened", run }, "A reader of frames has come.");
  let ended = false;
  const onEnd = () => {
    if (ended) return;
    ended = true;
    metrics.sseClients.dec();
    log.debug({ event: "sse.closed", run }, "A reader of frames has gone.");
    teller[Symbol.dispose]();
    reader.leave();
  };
  const onBroken = (error: unknown) => {
    if (!reader.signal.aborted) log.warn({ event: "sse.closed", run, err: error }, "The events of a run broke off.");
    onEnd();
  };
  // The server may forget a body that nobody has begun to read.
  reader.signal.addEventListener("abort", onEnd, { once: true });
  if (reader.signal.aborted) onEnd();
  const told = toldRun(reader.events, teller, { pause: sleep, onBroken });
  return new Response(pluginStream(told, onEnd), { headers: streamHeaders });
}

/** Answers when the run is over. Throws RequestError 503 when the events end before that; asking again attaches to it. */
export async function answerWhenOver(parts: Parts, order: StageOrder, dialect: Dialect, { request, server }: Incoming) {
  if (request.method === "HEAD") return new Response(null, { headers: { "content-type": "application/json" } });
  // It takes as long as it takes, and nothing is sent meanwhile.
  server?.timeout(request, 0);
  const reader = await attendRun(parts, order, request.signal);
  try {
    const maker = dialect.answer(order);
    for await (const event of reader.events) {
      const answer = maker.take(event);
      if (answer) return Response.json(answer.body, { status: answer.status });
    }
    throw unavailable(`This gateway cannot follow run ${reader.run} any more; ask again.`);
  } finally {
    reader.leave();
  }
}

/** One who follows a run; leaving ends the events, and lets the run go that nobody else follows. */
export type Reader = {
  run: string;
  events: AsyncIterable<RunStreamEvent>;
  /** The events once more, from the first one on. */
  history(): AsyncIterable<RunStreamEvent>;
  signal: AbortSignal;
  leave(): void;
};

/** Asks for the run of an order, or attaches to the one that is going, and follows it until `caller` is aborted. */
export async function attendRun(
  { wishes, hub, log }: Pick<Parts, "wishes" | "hub" | "log">,
  order: StageOrder,
  caller: AbortSignal,
): Promise<Reader> {
  const attendance = await wishes.attend(order.request);
  const { run, isNew } = attendance;
  const { mode, stages } = order.request;
  if (isNew) log.info({ event: "run.created", run, mode, stages }, "A run was asked for.");
  const stop = new AbortController();
  const { signal } = stop;
  const leave = () => {
    if (signal.aborted) return;
    stop.abort();
    attendance[Symbol.dispose]();
  };
  caller.addEventListener("abort", leave, { once: true });
  if (caller.aborted) leave();
  const history = () => hub.follow(run, { seq: 1, over: false, forEver: false, signal });
  return { run, events: history(), history, signal, leave };
}
