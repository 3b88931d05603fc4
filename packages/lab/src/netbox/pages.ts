import { authenticate } from "./access.ts";
import { Refusal } from "./errors.ts";
import type { Json } from "./model.ts";
import { isCurrent, type PluginRelease } from "./models/plugin-parts.ts";
import { present, wholeShape } from "./present.ts";
import type { Route } from "./routes.ts";
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

/** The settings as one object, with what the plugin shows of its key: a secret no backend may keep. */
const runtime = (world: World, origin: string, release: PluginRelease): Json => {
  const table = tableAt(world, "plugins/proxbox/settings");
  const row = table.rows.get(1);
  const key = isCurrent(release) ? { encryption_key_configured: true, encryption_key: "a-secret-of-the-plugin" } : {};
  return row ? { ...present(world, table, row, origin, wholeShape(table.model)), ...key } : null;
};

const content = (
  route: Route & { kind: "page" },
  world: World,
  origin: string,
  version: string,
  release: PluginRelease,
): Json => {
  switch (route.page) {
    case "root":
      return Object.fromEntries(APPS.map((app) => [app, `${origin}/api/${app}/`]));
    case "status":
      return status(version, release);
    case "plugin":
    case "endpoints":
      return under(world, origin, route.path);
    case "runtime":
      return runtime(world, origin, release);
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
export const pageFor = (
  request: Request,
  url: URL,
  route: Route,
  world: World,
  version: string,
  release: PluginRelease,
): Response | undefined => {
  const line = `${request.method} ${url.pathname}${url.search} HTTP/1.1`.length;
  if (line > MAX_REQUEST_LINE) return tooLong(line);
  if (route.kind === "unknown") return notFoundPage();
  if (route.kind === "unslashed") {
    if (request.method !== "GET" && request.method !== "HEAD") return notFoundPage();
    return new Response(null, {
      status: 301,
      headers: { "Content-Type": "text/html", Location: `${url.pathname}/${url.search}` },
    });
  }
  try {
    if (route.kind === "model") return negotiate(request, url) ?? mediaType(request);
    authenticate(world, request.headers.get("authorization"));
    if (request.method !== "GET" && request.method !== "HEAD") {
      throw new Refusal(405, { detail: `Method "${request.method}" not allowed.` });
    }
    return Response.json(content(route, world, url.origin, version, release), { headers: JSON_HEADERS });
  } catch (error) {
    if (error instanceof Refusal) return refuse(error);
    throw error;
  }
};
