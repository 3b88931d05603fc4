/**
 * The path of a request, as the router (Elysia 1.4.30) reads it; null when the two could differ. The router takes the
 * first slash from the twelfth character of the URL on for the beginning of the path: behind a host of one or two letters
 * that is a slash further on, even one in the query, and a path that needs no key could stand before one that does. A
 * Host header that is none leaves no URL at all. Pure.
 */
export function pathOf(url: string): string | null {
  const start = /^https?:\/\/[^/?#]+(?=\/)/.exec(url)?.[0].length;
  if (start === undefined || start !== url.indexOf("/", 11)) return null;
  const query = url.indexOf("?", start);
  return url.slice(start, query === -1 ? undefined : query);
}
