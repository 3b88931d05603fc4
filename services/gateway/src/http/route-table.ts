import { openPaths } from "../access/auth.ts";
import { createApp } from "../app.ts";
import { readGatewayConfig } from "../config.ts";
import type { GatewayParts } from "../parts.ts";
import { type DescribedRoute, shownPath } from "./open-api.ts";

/** A route as a person asks about it: `open` needs no key, `not here` answers 501. */
export type RouteRow = { method: string; path: string; state: "works" | "open" | "not here"; summary: string };

/** Every route of a gateway, by path. None is called, so nothing needs to run. */
export function gatewayRoutes(): RouteRow[] {
  const app = createApp({ config: readGatewayConfig({}) } as GatewayParts);
  const routes = app.routes as unknown as DescribedRoute[];
  const rows = routes.map(({ method, path, hooks: { detail } }): RouteRow => {
    const isNotHere = Object.hasOwn(detail?.responses ?? {}, "501");
    const state = isNotHere ? "not here" : openPaths.has(path) ? "open" : "works";
    return { method, path: shownPath(path), state, summary: detail?.summary ?? "" };
  });
  return rows.sort((left, right) => compare(left.path, right.path) || compare(left.method, right.method));
}

/** The routes as the lines of a table in Markdown; those that do the same share a line. Pure. */
export function routeLines(rows: readonly RouteRow[]): string[] {
  const byPath = Map.groupBy(rows, ({ path, state, summary }) => `${path}\n${state}\n${summary}`);
  const routes = [...byPath.values()].flatMap((same) => {
    const [first] = same;
    return first ? [{ ...first, methods: same.map(({ method }) => method).join(", ") }] : [];
  });
  const byDeed = Map.groupBy(routes, ({ methods, state, summary }) => `| ${methods} | ${state} | ${summary} |`);
  return [...byDeed].map(([line, same]) => {
    const paths = same.map(({ path }) => `\`${path}\``).join(", ");
    return line.replace(/^\| [^|]+ \|/, (methods) => `${methods} ${paths} |`);
  });
}

function compare(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
