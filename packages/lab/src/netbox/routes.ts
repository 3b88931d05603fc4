import { CHANGE_LOG, changeLog } from "./change-log.ts";
import type { Table, World } from "./world.ts";

/** What an address stands for. `path` is what requests are counted by. */
export type Route =
  | { readonly kind: "model"; readonly path: string; readonly table: Table; readonly id: number | undefined }
  | {
      readonly kind: "page";
      readonly path: string;
      readonly page: "root" | "status" | "schema" | "self" | "plugin" | "endpoints" | "runtime";
    }
  | { readonly kind: "unslashed"; readonly path: string }
  | { readonly kind: "unknown"; readonly path: string };

const PAGES: Readonly<Record<string, (Route & { kind: "page" })["page"]>> = {
  "": "root",
  status: "status",
  schema: "schema",
  "authentication-check": "self",
  "plugins/proxbox": "plugin",
  "plugins/proxbox/endpoints": "endpoints",
  "plugins/proxbox/settings/runtime": "runtime",
};

const LAST_SEGMENT = /^(.*)\/(\d+)$/;

/** Finds what an address stands for. */
export const routeOf = (world: World, url: URL): Route => {
  const { pathname } = url;
  if (!pathname.startsWith("/api/")) return { kind: "unknown", path: pathname };
  const path = pathname.slice("/api/".length).replace(/\/$/, "");
  const page = PAGES[path];
  const [, owner, id] = LAST_SEGMENT.exec(path) ?? [];
  const table = (owner ?? path) === CHANGE_LOG ? changeLog(world) : world.tables.get(owner ?? path);
  if (page === undefined && !table) return { kind: "unknown", path };
  if (!pathname.endsWith("/")) return { kind: "unslashed", path: owner ?? path };
  if (page !== undefined) return { kind: "page", path, page };
  return table
    ? { kind: "model", path: owner ?? path, table, id: id === undefined ? undefined : Number(id) }
    : { kind: "unknown", path };
};
