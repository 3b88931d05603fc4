import { openPaths } from "../access/auth.ts";
import { keyHeader } from "../access/guard.ts";

/** What the document is made of: the routes as the router knows them. */
export type DescribedRoute = {
  method: string;
  path: string;
  hooks: {
    body?: unknown;
    params?: unknown;
    query?: unknown;
    detail?: { summary?: string; parameters?: object[]; responses?: object };
  };
};

type Schema = { $id?: string; properties?: Record<string, object>; required?: string[]; anyOf?: Schema[] };

/** The OpenAPI 3.1 document of the routes, from their own schemas. Pure. */
export function openApi(routes: readonly DescribedRoute[], version: string): object {
  const schemas = new Map<string, unknown>();
  const paths: Record<string, Record<string, unknown>> = {};
  for (const { method, path, hooks } of routes) {
    const verb = method === "WS" ? "get" : method.toLowerCase();
    const name = shownPath(path);
    paths[name] ??= {};
    // A path that also has a socket is described by what it answers.
    if (method === "WS" && paths[name].get) continue;
    paths[name][verb] = {
      summary: hooks.detail?.summary ?? "",
      parameters: [
        ...pathParameters(path, hooks.params as Schema),
        ...parameters("query", hooks.query as Schema),
        ...(hooks.detail?.parameters ?? []),
      ],
      ...(hooks.body
        ? { requestBody: { content: { "application/json": { schema: named(hooks.body, schemas) } } } }
        : {}),
      responses: named(hooks.detail?.responses ?? { 101: { description: "The socket is open." } }, schemas),
      ...(openPaths.has(path) ? { security: [] } : {}),
    };
  }
  return {
    openapi: "3.1.0",
    info: { title: "proxbox-edge", version, description: "Keeps NetBox true to Proxmox VE." },
    servers: [{ url: "/" }],
    tags: [],
    security: [{ apiKey: [] }],
    paths,
    components: {
      securitySchemes: { apiKey: { type: "apiKey", in: "header", name: keyHeader } },
      schemas: Object.fromEntries([...schemas].sort(([left], [right]) => (left < right ? -1 : 1))),
    },
  };
}

/** A path of the router as documents write it: `:id` is `{id}`, `*` is `{rest}`. Pure. */
export function shownPath(path: string): string {
  return path.replace(/:(\w+)/g, "{$1}").replace("*", "{rest}");
}

function pathParameters(path: string, schema: Schema | undefined): object[] {
  const names = [...shownPath(path).matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? "");
  return names.map((name) => ({
    name,
    in: "path",
    required: true,
    schema: schema?.properties?.[name] ?? { type: "string" },
  }));
}

function parameters(place: string, schema: Schema | undefined): object[] {
  return Object.entries(schema?.properties ?? {}).map(([name, property]) => ({
    name,
    in: place,
    required: schema?.required?.includes(name) ?? false,
    schema: property,
  }));
}

// A schema that has a name is written once, and referred to.
function named(value: unknown, schemas: Map<string, unknown>): unknown {
  if (Array.isArray(value)) return value.map((entry) => named(entry, schemas));
  if (typeof value !== "object" || value === null) return value;
  const { $id, ...rest } = value as Schema;
  const plain = () => Object.fromEntries(Object.entries(rest).map(([key, entry]) => [key, named(entry, schemas)]));
  if (typeof $id !== "string") return plain();
  if (!schemas.has($id)) {
    schemas.set($id, null);
    schemas.set($id, plain());
  }
  return { $ref: `#/components/schemas/${$id}` };
}
