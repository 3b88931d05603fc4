import { version } from "@proxbox/runtime/version";
import { Elysia } from "elysia";
import { createGuard } from "./access/guard.ts";
import { pathOf } from "./access/request-path.ts";
import { answerOf, methodNotAllowed } from "./errors.ts";
import { type DescribedRoute, openApi } from "./http/open-api.ts";
import { readBody } from "./http/request-body.ts";
import type { GatewayParts } from "./parts.ts";
import { activeRoutes } from "./routes/active.ts";
import { cacheRoutes } from "./routes/cache.ts";
import { encryptionRoutes } from "./routes/encryption.ts";
import { proxmoxEndpointRoutes } from "./routes/endpoints.ts";
import { eventRoutes } from "./routes/events.ts";
import { extraRoutes } from "./routes/extras.ts";
import { healthRoutes } from "./routes/health.ts";
import { individualRoutes } from "./routes/individual.ts";
import { keyRoutes } from "./routes/keys.ts";
import { liveRoutes } from "./routes/live.ts";
import { logRoutes } from "./routes/logs.ts";
import { netboxEndpointRoutes } from "./routes/netbox-endpoint.ts";
import { notHereRoutes } from "./routes/not-here.ts";
import { stageRoutes } from "./routes/plugin-stages.ts";
import { pluginSocketRoutes } from "./routes/plugin-ws.ts";
import { runRoutes } from "./routes/runs.ts";
import { throttleRoutes } from "./routes/throttle.ts";
import { socketRoutes } from "./routes/ws.ts";

/** Of a body this large or larger the server reads nothing and closes the connection; what is between is told properly. */
const endlessBody = 16 * 1024 * 1024;
/** A connection that takes nothing for so long is closed; readers of events get a heartbeat more often than that. */
const idleSeconds = 60;

/** The whole HTTP side of a gateway: every route behind one guard, every error answered in one place. */
export function createApp(parts: GatewayParts) {
  const { log, metrics } = parts;
  const begun = new WeakMap<Request, number>();
  const app = new Elysia({
    // Unknown fields are to be refused or ignored by each schema, not dropped before it sees them.
    normalize: false,
    serve: { idleTimeout: idleSeconds, maxRequestBodySize: endlessBody, reusePort: false, development: false },
    websocket: { idleTimeout: idleSeconds, maxPayloadLength: 4_096, sendPings: true },
  })
    .onRequest(({ request }) => void begun.set(request, performance.now()))
    .onRequest(createGuard(parts))
    .onParse(({ request }) => readBody(request))
    .onError(({ error, request, set }) => {
      const path = pathOf(request.url) ?? "/";
      const isUnknown = "code" in error && error.code === "NOT_FOUND";
      const allowed = isUnknown ? methodsOf(app.routes, path) : [];
      const { status, headers, body, internal } = answerOf(allowed.length > 0 ? methodNotAllowed(allowed) : error);
      if (internal) log.error({ event: "http.failed", method: request.method, path, err: error }, "A request failed.");
      set.status = status;
      Object.assign(set.headers, headers);
      return body;
    })
    // With a default for it, the framework does not see that the route is wanted, and there is none.
    .onAfterResponse(({ request, route: known, set }) => {
      const { method } = request;
      const route = known ?? "none";
      const status = Number(set.status ?? 200);
      const ms = performance.now() - (begun.get(request) ?? performance.now());
      metrics.httpRequests.inc({ method, route, status: String(status) });
      metrics.httpSeconds.observe({ route }, ms / 1_000);
      log.debug({ event: "http.request", method, route, status, ms: Math.round(ms) }, "A request was answered.");
    })
    .use(healthRoutes(parts))
    .use(keyRoutes(parts))
    .use(netboxEndpointRoutes(parts))
    .use(proxmoxEndpointRoutes(parts))
    .use(runRoutes(parts))
    .use(stageRoutes(parts))
    .use(eventRoutes(parts))
    .use(individualRoutes(parts))
    .use(socketRoutes(parts))
    .use(throttleRoutes(parts))
    .use(logRoutes(parts))
    .use(pluginSocketRoutes(parts))
    .use(liveRoutes(parts))
    .use(activeRoutes(parts))
    .use(extraRoutes(parts))
    .use(cacheRoutes(parts))
    .use(encryptionRoutes(parts))
    .use(notHereRoutes());
  const document = openApi(app.routes as unknown as DescribedRoute[], version);
  return app.get("/openapi.json", () => document);
}

function methodsOf(routes: readonly { method: string; path: string }[], pathname: string): string[] {
  const path = pathname.replace(/(.)\/$/, "$1");
  const fits = (pattern: string) => new RegExp(`^${pattern.replace(/:\w+/g, "[^/]+").replace("*", ".+")}$`).test(path);
  return routes.filter((route) => route.method !== "WS" && fits(route.path)).map((route) => route.method);
}
