import { decode } from "@proxbox/contracts/envelope";
import { FollowQuery, SocketCommand } from "@proxbox/contracts/http";
import { Elysia } from "elysia";
import { answerOf } from "../errors.ts";
import { type Wire, wireState } from "../http/wire.ts";
import type { GatewayParts } from "../parts.ts";
import { type Followed, followRun } from "../runs/following.ts";
import { socketFrame } from "../runs/run-events.ts";
import { readAs } from "./read-as.ts";

/** One connected socket. `drained` is resolved when the socket, having been full, can take more. */
type Session = { stop: AbortController; drained: PromiseWithResolvers<void> };

/** The events of a run over WebSocket, and commands for it. */
export function socketRoutes(parts: GatewayParts) {
  const { runs, log, metrics } = parts;
  const sessions = new Map<string, Session>();

  return new Elysia().ws("/runs/:id/ws", {
    detail: { summary: 'The events of a run over WebSocket; {"type":"cancel"} cancels it.' },
    query: FollowQuery,
    transform: readAs({ follow: "boolean" }),
    // Refused by HTTP, while that can still be said.
    beforeHandle: async ({ params }) => {
      await runs.trail(params.id);
    },
    open: async (socket) => {
      const { params, query } = socket.data;
      const session = { stop: new AbortController(), drained: Promise.withResolvers<void>() };
      sessions.set(socket.id, session);
      metrics.wsClients.inc();
      log.debug({ event: "ws.opened", run: params.id }, "A socket was opened.");
      const wire = socket.raw as unknown as Wire;
      const { signal } = session.stop;
      try {
        const place = { lastEventId: query.last_event_id ?? null, forEver: query.follow ?? false, signal };
        await sendAll(wire, await followRun(parts, params.id, place), session);
        if (!signal.aborted) wire.close(1000, "The run is over.");
      } catch (error) {
        log.warn(
          { event: "ws.closed", run: params.id, err: error },
          "A socket was closed because its events broke off.",
        );
        wire.close(1011, "The events broke off; connect again with last_event_id.");
      }
    },
    drain: (socket) => {
      const session = sessions.get(socket.id);
      session?.drained.resolve();
      if (session) session.drained = Promise.withResolvers();
    },
    message: async (socket, message) => {
      const run = socket.data.params.id;
      try {
        decode(SocketCommand, typeof message === "string" ? message : JSON.stringify(message));
        const { phase } = await runs.cancel(run, "Cancelled by request.");
        socket.raw.send(socketFrame({ name: "accepted", data: JSON.stringify({ type: "cancel", phase }) }));
      } catch (error) {
        socket.raw.send(socketFrame({ name: "refused", data: JSON.stringify({ message: sentenceOf(error) }) }));
      }
    },
    close: (socket) => {
      const session = sessions.get(socket.id);
      if (!session) return;
      sessions.delete(socket.id);
      session.stop.abort();
      session.drained.resolve();
      metrics.wsClients.dec();
      log.debug({ event: "ws.closed", run: socket.data.params.id }, "A socket was closed.");
    },
  });
}

// Waits when the socket is full, so that nothing piles up for a client that does not read.
async function sendAll(wire: Wire, { notice, events }: Followed, session: Session): Promise<void> {
  if (notice) wire.send(socketFrame(notice));
  for await (const event of events) {
    const { drained } = session;
    const sent = wire.send(socketFrame(event));
    if (sent === wireState.gone || session.stop.signal.aborted) return;
    if (sent === wireState.full) await drained.promise;
  }
}

function sentenceOf(error: unknown): string {
  if (error instanceof Error && error.name === "ContractError") return 'Only {"type":"cancel"} is understood.';
  return (answerOf(error).body as { message: string }).message;
}
