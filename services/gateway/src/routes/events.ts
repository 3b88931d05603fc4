import { FollowQuery, Problem } from "@proxbox/contracts/http";
import { Elysia } from "elysia";
import { sseHeaders } from "../http/sse-body.ts";
import type { GatewayParts } from "../parts.ts";
import { eventStream } from "../runs/event-stream.ts";
import { followRun } from "../runs/following.ts";
import { describe } from "./describe.ts";
import { readAs } from "./read-as.ts";

/** The events of a run as server-sent events. */
export function eventRoutes(parts: GatewayParts) {
  const { log, metrics } = parts;
  return new Elysia().get(
    "/runs/:id/events",
    async ({ params, query, request }) => {
      const run = params.id;
      const stop = new AbortController();
      const lastEventId = request.headers.get("last-event-id") ?? query.last_event_id ?? null;
      const followed = await followRun(parts, run, {
        lastEventId,
        forEver: query.follow ?? false,
        signal: stop.signal,
      });
      // By the specification of EventSource, 204 is what stops it from coming back.
      if (followed.isFinished) return new Response(null, { status: 204 });
      if (request.method === "HEAD") return new Response(null, { headers: sseHeaders });
      metrics.sseClients.inc();
      log.debug({ event: "sse.opened", run, lastEventId }, "A reader has come.");
      let ended = false;
      const onEnd = (error?: unknown) => {
        if (ended) return;
        ended = true;
        metrics.sseClients.dec();
        if (error) log.warn({ event: "sse.closed", run, err: error }, "A reader was sent away: its events broke off.");
        else log.debug({ event: "sse.closed", run }, "A reader has gone.");
      };
      return new Response(eventStream(followed, stop, onEnd), { headers: sseHeaders });
    },
    {
      query: FollowQuery,
      transform: readAs({ follow: "boolean" }),
      ...describe("The events of a run as text/event-stream, from its start or after Last-Event-ID.", {
        200: null,
        204: null,
        404: Problem,
      }),
    },
  );
}
