import type { Query } from "./identity.ts";

/** What gunicorn, which serves NetBox, takes as a request line (measured on NetBox 4.6.8: 4,095 bytes are a 400). */
export const longestRequestLine = 4_094;

// Method and protocol, what paging adds to the query, and a path of its own that NetBox may be mounted below.
const besides = "GET  HTTP/1.1".length + "&limit=1000&offset=1000000000".length + 100;

/** A path with its query, as it stands in the request line. Repeated values are repeated parameters. */
export function target(path: string, query: Query): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    for (const entry of Array.isArray(value) ? value : [value]) parameters.append(name, String(entry));
  }
  const text = parameters.toString();
  return text ? `${path}?${text}` : path;
}

/**
 * Splits a query whose request line would be too long into several that together ask for the same rows: the longest
 * list is halved until each fits. Only for lists that NetBox reads as "any of these"; `tag` is not one of them.
 */
export function splitQuery(path: string, query: Query): Query[] {
  if (target(path, query).length + besides <= longestRequestLine) return [query];
  const lists = Object.entries(query).filter(
    (entry): entry is [string, readonly (string | number | boolean | null)[]] => Array.isArray(entry[1]),
  );
  const [name, values] = lists.reduce<[string, readonly (string | number | boolean | null)[]]>(
    (longest, entry) => (entry[1].length > longest[1].length ? entry : longest),
    ["", []],
  );
  if (values.length < 2) return [query];
  const middle = Math.ceil(values.length / 2);
  return [values.slice(0, middle), values.slice(middle)].flatMap((half) =>
    splitQuery(path, { ...query, [name]: half }),
  );
}
