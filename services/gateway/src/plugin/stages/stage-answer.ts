import { sleep } from "@proxbox/runtime/retry";
import { unavailable } from "../../errors.ts";
import type { GatewayParts } from "../../parts.ts";
import { attendRun } from "../wishes/run-reader.ts";
import type { Dialect } from "./dialect.ts";
import { pluginStream, streamHeaders } from "./plugin-stream.ts";
import type { StageOrder } from "./stage-order.ts";
import type { Tellings } from "./telling.ts";
import { toldRun } from "./told-run.ts";

type Parts = Pick<GatewayParts, "wishes" | "hub" | "metrics" | "log">;

/** A request that is answered late. */
type Incoming = { request: Request; server: { timeout(request: Request, seconds: number): void } | null };

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
  const reader = await attendRun(parts, order.request, request.signal);
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
  const reader = await attendRun(parts, order.request, request.signal);
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
