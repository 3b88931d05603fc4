import { type Action, authenticate, type Caller, type Grant, permitted } from "./access.ts";
import { forbidden, Refusal } from "./errors.ts";
import type { Json } from "./model.ts";
import { isCurrent, type PluginRelease } from "./models/plugin-parts.ts";
import { present, wholeShape } from "./present.ts";
import type { Route } from "./routes.ts";
import { schema } from "./schema.ts";
import { tableAt, type World } from "./world.ts";

const JSON_HEADERS = { "API-Version": "4.6" };

/** Longest request line gunicorn reads. */
const MAX_REQUEST_LINE = 4094;

const notFoundPage = (): Response =>
  new Response(
    "<!DOCTYPE html>\n<html>\n<head><title>Page Not Found | NetBox</title></head>\n<body></body>\n</html>\n",
    {
      status: 404,
      headers: { "Content-Type": "text/html; charset=utf-8" },
    },
  );

const tooLong = (length: number): Response =>
  new Response(
    `<html>\n  <head>\n    <title>Bad Request</title>\n  </head>\n  <body>\n    <h1><p>Bad Request</p></h1>\n    Request Line is too large (${length} &gt; ${MAX_REQUEST_LINE})\n  </body>\n</html>\n`,
    { status: 400, headers: { "Content-Type": "text/html" } },
  );

const redirect = (url: URL): Response =>
  new Response(null, {
    status: 301,
    headers: { "Content-Type": "text/html", Location: `${url.pathname}/${url.search}` },
  });

const browsable = (): Response =>
  new Response("<!DOCTYPE html>\n<html>\n<head><title>NetBox REST API</title></head>\n<body></body>\n</html>\n", {
    headers: { "Content-Type": "text/html; charset=utf-8" },
  });

const APPS = [
  "circuits",
  "core",
  "dcim",
  "extras",
  "ipam",
  "plugins",
  "status",
  "tenancy",
  "users",
  "virtualization",
  "vpn",
  "wireless",
];

const status = (version: string, release: PluginRelease): Json => ({
  "django-version": "6.0.8",
  hostname: "netbox",
  installed_apps: { django_filters: "26.1", rest_framework: "3.17.1" },
  "netbox-version": version,
  "netbox-full-version": version,
  plugins: { netbox_proxbox: release },
  "python-version": "3.12.1",
  "rq-workers-running": 1,
});

const under = (world: World, origin: string, root: string): Json =>
  Object.fromEntries(
    [...world.tables.keys()]
      .filter((path) => path.startsWith(`${root}/`) && (root !== "plugins/proxbox" || !path.includes("/endpoints/")))
      .map((path) => [path.slice(root.length + 1), `${origin}/api/${path}/`])
      .sort(),
  );

/** What pages show. */
export type PageContext = {
  readonly world: World;
  readonly grants: readonly Grant[];
  readonly version: string;
  readonly release: PluginRelease;
};

const SETTINGS = "plugins/proxbox/settings";

const may = ({ world, grants }: PageContext, caller: Caller, action: Action): boolean => {
  try {
    permitted(world, grants, caller, tableAt(world, SETTINGS), action);
    return true;
  } catch (error) {
    if (error instanceof Refusal) return false;
    throw error;
  }
};

/** The settings as one object. Who may change them is shown the plugin's key as well: a secret no backend may keep. */
const runtime = (context: PageContext, origin: string, caller: Caller): Json => {
  if (isCurrent(context.release) && !may(context, caller, "view")) throw forbidden();
  const table = tableAt(context.world, SETTINGS);
  const row = table.rows.get(1);
  const key = may(context, caller, "change") ? "a-secret-of-the-plugin" : "";
  const extra = isCurrent(context.release) ? { encryption_key_configured: true, encryption_key: key } : {};
  return row ? { ...present(context.world, table, row, origin, wholeShape(table.model)), ...extra } : null;
};

/** The user who asks. */
const self = ({ world }: PageContext, origin: string, caller: Caller): Json => {
  const table = tableAt(world, "users/users");
  const row = table.rows.get(caller.userId);
  return row ? present(world, table, row, origin, wholeShape(table.model)) : null;
};

const content = (context: PageContext, route: Route & { kind: "page" }, origin: string, caller: Caller): Json => {
  switch (route.page) {
    case "root":
      return Object.fromEntries(APPS.map((app) => [app, `${origin}/api/${app}/`]));
    case "status":
      return status(context.version, context.release);
    case "plugin":
    case "endpoints":
      return under(context.world, origin, route.path);
    case "runtime":
      return runtime(context, origin, caller);
    case "schema":
      return schema(context.world, context.version);
    case "self":
      return self(context, origin, caller);
  }
};

const refuse = (error: Refusal): Response => Response.json(error.body, { status: error.status, headers: JSON_HEADERS });

/** What a request asks for besides JSON: a format that is not had, or a media type. */
const negotiate = (request: Request, url: URL): Response | undefined => {
  const format = url.searchParams.get("format");
  if (format !== null && format !== "json") return refuse(new Refusal(404, { detail: "Not found." }));
  const accept = request.headers.get("accept") ?? "*/*";
  if (/application\/(\*|json)|\*\/\*/.test(accept)) return undefined;
  if (/text\/html/.test(accept)) return request.method === "GET" ? browsable() : undefined;
  return refuse(new Refusal(406, { detail: "Could not satisfy the request Accept header." }));
};

const mediaType = (request: Request): Response | undefined => {
  const type = request.headers.get("content-type")?.split(";")[0]?.trim() ?? "application/json";
  if (request.method === "GET" || request.method === "HEAD" || type === "application/json") return undefined;
  return refuse(new Refusal(415, { detail: `Unsupported media type "${type}" in request.` }));
};

/** Answers everything but calls of a model's API; undefined for those. */
export const pageFor = (context: PageContext, request: Request, url: URL, route: Route): Response | undefined => {
  const line = `${request.method} ${url.pathname}${url.search} HTTP/1.1`.length;
  if (line > MAX_REQUEST_LINE) return tooLong(line);
  if (route.kind === "unknown") return notFoundPage();
  const reads = request.method === "GET" || request.method === "HEAD";
  if (route.kind === "unslashed") return reads ? redirect(url) : notFoundPage();
  if (route.kind === "model") return negotiate(request, url) ?? mediaType(request);
  try {
    const caller = authenticate(context.world, request.headers.get("authorization"));
    if (!reads) throw new Refusal(405, { detail: `Method "${request.method}" not allowed.` });
    return Response.json(content(context, route, url.origin, caller), { headers: JSON_HEADERS });
  } catch (error) {
    if (error instanceof Refusal) return refuse(error);
    throw error;
  }
};
