import { openPaths } from "./auth.ts";
import { type DescribedRoute, shownPath } from "./open-api.ts";

/** A route as a person asks about it. `open` needs no key; `not here` answers 501. */
export type RouteRow = { method: string; path: string; state: "works" | "open" | "not here"; summary: string };

/** The routes of the gateway by path, as docs/plugin.md lists them. Pure. */
export function routeTable(routes: readonly DescribedRoute[]): RouteRow[] {
  const rows = routes.map(({ method, path, hooks: { detail } }): RouteRow => {
    const isNotHere = Object.hasOwn(detail?.responses ?? {}, "501");
    const state = isNotHere ? "not here" : openPaths.has(path) ? "open" : "works";
    return { method, path: shownPath(path), state, summary: detail?.summary ?? "" };
  });
  return rows.sort((left, right) => compare(left.path, right.path) || compare(left.method, right.method));
}

function compare(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
