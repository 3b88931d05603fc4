import type { Json } from "./model.ts";
import type { World } from "./world.ts";

const VERBS: Readonly<Record<string, readonly [method: string, verb: string][]>> = {
  list: [
    ["get", "list"],
    ["post", "create"],
    ["put", "bulk_update"],
    ["patch", "bulk_partial_update"],
    ["delete", "bulk_destroy"],
  ],
  one: [
    ["get", "retrieve"],
    ["put", "update"],
    ["patch", "partial_update"],
    ["delete", "destroy"],
  ],
};

const operations = (path: string, of: "list" | "one"): Json => {
  const base = path.replaceAll(/[/-]/g, "_");
  const tags = [path.split("/")[0] ?? ""];
  return Object.fromEntries(
    (VERBS[of] ?? []).map(([method, verb]) => [method, { operationId: `${base}_${verb}`, tags, responses: {} }]),
  );
};

/** NetBox's description of its own API, as far as which operations there are: the real one adds 17 MB of bodies. */
export const schema = (world: World, version: string): Json => ({
  openapi: "3.0.3",
  info: {
    title: "NetBox REST API",
    version: `${version} (${version.split(".").slice(0, 2).join(".")})`,
    license: { name: "Apache v2 License" },
  },
  paths: Object.fromEntries(
    [...world.tables.keys()].flatMap((path) => [
      [`/api/${path}/`, operations(path, "list")],
      [`/api/${path}/{id}/`, operations(path, "one")],
    ]),
  ),
  components: { schemas: {} },
  servers: [{ url: "", description: "NetBox" }],
});
