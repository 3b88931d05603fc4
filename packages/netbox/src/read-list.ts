import { retry } from "@proxbox/runtime/retry";
import type { Row } from "./canonical.ts";
import { refusal } from "./failures.ts";
import type { Query } from "./identity.ts";
import { newReading, type Page, type Position, takePage } from "./pages.ts";
import { splitQuery, target } from "./query.ts";
import type { Sender } from "./send.ts";

/** NetBox's largest page unless its operator changed MAX_PAGE_SIZE. */
const pageSize = 1_000;

/**
 * Reads a list whole, every page held against the ones before; a list that changes while it is read is read again, up to
 * three times. Long lists of values are asked for in several requests. `byId` pages by id, which NetBox can from 4.6 on and
 * which other writers do not disturb.
 */
export async function readList(
  send: Sender,
  kind: string,
  path: string,
  query: Query,
  byId: boolean,
  signal: AbortSignal,
): Promise<Row[]> {
  const rows = new Map<number, Row>();
  for (const part of splitQuery(path, withId(query))) {
    const read = await retry(() => readPart(send, kind, path, part, byId, signal), {
      retries: 3,
      minDelayMs: 50,
      maxDelayMs: 500,
      signal,
      when: (error) => error.code === "netbox_unstable_list",
    });
    for (const row of read) rows.set(row.id, row);
  }
  return [...rows.values()];
}

async function readPart(
  send: Sender,
  kind: string,
  path: string,
  query: Query,
  byId: boolean,
  signal: AbortSignal,
): Promise<Row[]> {
  const reading = newReading();
  let position: Position | null = byId ? { start: 0 } : { offset: 0 };
  while (position !== null) {
    const asked = { method: "GET", path: target(path, { ...query, limit: pageSize, ...position }) } as const;
    const answer = await send({ ...asked, kind }, signal);
    if (answer.status !== 200) throw refusal(asked, answer);
    position = takePage(path, position, answer.body as Page, reading);
  }
  return reading.rows;
}

function withId(query: Query): Query {
  const { fields } = query;
  if (typeof fields !== "string" || fields.split(",").includes("id")) return query;
  return { ...query, fields: `id,${fields}` };
}
