import { Type } from "@sinclair/typebox";
import { Elysia } from "elysia";
import { sseHeaders } from "../http/sse-body.ts";
import type { LogEntry } from "../logs/log-entry.ts";
import { activeFilters, inThisLife, type LogFilter, logFilterQuery, logSieve } from "../logs/log-filter.ts";
import { logStream } from "../logs/log-stream.ts";
import type { GatewayParts } from "../parts.ts";
import { describe } from "./describe.ts";
import { readAs } from "./read-as.ts";

const open = { additionalProperties: true };
const whole = {
  errors_only: "boolean",
  newer_than_id: "integer",
  older_than_id: "integer",
  limit: "integer",
  offset: "integer",
} as const;

/** How much of what was said before a reader of the stream came is told to it. */
const replayed = 200;

/** The log lines of all services, in the dialect of the plugin's logs page. */
export function logRoutes({ logs, metrics }: Pick<GatewayParts, "logs" | "metrics">) {
  const found = async (filter: LogFilter) => {
    const stored = await logs.stored();
    const newest = Number(stored.at(-1)?.id ?? 0);
    return { entries: stored.filter(logSieve(inThisLife(filter, newest))), newest };
  };
  return new Elysia()
    .get(
      "/admin/logs",
      async ({ query: { limit = 200, offset = 0, ...filter } }) => {
        const { entries } = await found(filter);
        const page = entries.toReversed().slice(offset, offset + limit);
        return {
          logs: page,
          total: entries.length,
          has_more: offset + page.length < entries.length,
          active_filters: activeFilters(filter),
        };
      },
      {
        query: Type.Object(
          {
            ...logFilterQuery,
            limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 5_000 })),
            offset: Type.Optional(Type.Integer({ minimum: 0 })),
          },
          open,
        ),
        transform: readAs(whole),
        ...describe("Log lines of all services, newest first.", { 200: null }),
      },
    )
    .get(
      "/admin/logs/stream",
      async ({ query, request }) => {
        const { entries, newest } = await found(query);
        const { newer_than_id: _, ...lasting } = query;
        if (request.method === "HEAD") return new Response(null, { headers: sseHeaders });
        const stop = new AbortController();
        metrics.sseClients.inc();
        stop.signal.addEventListener("abort", () => metrics.sseClients.dec(), { once: true });
        const coming = fitting(logs.follow(newest, stop.signal), logSieve(lasting));
        return new Response(logStream(entries.slice(-replayed), coming, stop), { headers: sseHeaders });
      },
      {
        query: Type.Object(logFilterQuery, open),
        transform: readAs(whole),
        ...describe("Log lines as text/event-stream: the last 200 that fit, then each as it comes.", { 200: null }),
      },
    );
}

async function* fitting(
  entries: AsyncIterable<LogEntry>,
  fits: (entry: LogEntry) => boolean,
): AsyncGenerator<LogEntry> {
  for await (const entry of entries) if (fits(entry)) yield entry;
}
