import { Type } from "@sinclair/typebox";
import { invalidField } from "../errors.ts";
import { entryLevels, type LogEntry } from "./log-entry.ts";

const id = Type.Optional(Type.Integer({ minimum: 0 }));

/** What chooses entries, as the plugin's logs page sends it. */
export const logFilterQuery = {
  level: Type.Optional(
    Type.Union(
      entryLevels.map((level) => Type.Literal(level)),
      { description: "Entries of exactly this level." },
    ),
  ),
  errors_only: Type.Optional(
    Type.Boolean({ description: "Errors, and whatever tells of something thrown; level does not count then." }),
  ),
  operation_id: Type.Optional(Type.String({ maxLength: 255, description: "Entries of this run." })),
  newer_than_id: id,
  older_than_id: id,
  since: Type.Optional(
    Type.String({ maxLength: 64, description: "Entries after this instant, ISO 8601; UTC where it does not say." }),
  ),
};

/** Which entries are wanted. */
export type LogFilter = {
  level?: LogEntry["level"];
  errors_only?: boolean;
  operation_id?: string;
  newer_than_id?: number;
  older_than_id?: number;
  since?: string;
};

/** Whether an entry is wanted, for each filter. Throws RequestError 422 for a `since` that is no instant. Pure. */
export function logSieve(filter: LogFilter): (entry: LogEntry) => boolean {
  const { level, errors_only, operation_id, newer_than_id = -1, older_than_id = Number.POSITIVE_INFINITY } = filter;
  const after = filter.since ? instantOf(filter.since) : Number.NEGATIVE_INFINITY;
  const isWanted = (entry: LogEntry) =>
    errors_only ? entry.level === "ERROR" || entry.expandable !== null : !level || entry.level === level;
  return (entry) =>
    isWanted(entry) &&
    (!operation_id || entry.operation_id === operation_id) &&
    Number(entry.id) > newer_than_id &&
    Number(entry.id) < older_than_id &&
    Date.parse(entry.timestamp) > after;
}

/**
 * The filter without a place from another life of the log: ids begin anew when nats-server does, and a page that waits for
 * what is newer than an id of before would wait for long. Pure.
 */
export function inThisLife(filter: LogFilter, newest: number): LogFilter {
  const { newer_than_id, ...rest } = filter;
  return newer_than_id === undefined || newer_than_id <= newest ? filter : rest;
}

/** The filters as the answer repeats them. Pure. */
export function activeFilters(filter: LogFilter): object {
  return {
    level: filter.level ?? null,
    errors_only: filter.errors_only ? true : null,
    newer_than_id: filter.newer_than_id ?? null,
    older_than_id: filter.older_than_id ?? null,
    operation_id: filter.operation_id || null,
    since: filter.since || null,
  };
}

function instantOf(text: string): number {
  // A "+" of an offset that was not escaped in the query is a blank now.
  const whole = text.trim().replace(/ (\d\d:?\d\d)$/, "+$1");
  const instant = Date.parse(/(z|[+-]\d\d:?\d\d)$/i.test(whole) || !whole.includes(":") ? whole : `${whole}Z`);
  if (Number.isNaN(instant)) throw invalidField(["query", "since"], "It must be an instant in ISO 8601.", text);
  return instant;
}
