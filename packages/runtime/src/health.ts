import { ConfigError } from "./errors.ts";
import type { Metrics } from "./metrics.ts";

/** True: fine. A sentence: why not yet or not any more. */
export type HealthCheck = () => true | string;

/** What a service tells about itself. */
export type HealthOptions = { service: string; version: string; metrics: Metrics; checks: Record<string, HealthCheck> };

/** Answers GET /health, /ready and /metrics; null for any other request. */
export type Health = { handle(request: Request): Promise<Response | null> };

/**
 * /health answers 200 as long as the process lives, /ready 503 with the reasons while a check does not hold, /metrics
 * the metrics in the Prometheus text format.
 */
export function createHealth({ service, version, metrics, checks }: HealthOptions): Health {
  const started = Date.now();
  return {
    handle: async (request) => {
      if (request.method !== "GET" && request.method !== "HEAD") return null;
      switch (new URL(request.url).pathname.replace(/(.)\/$/, "$1")) {
        case "/health":
          return Response.json({ status: "ok", service, version, uptimeSeconds: (Date.now() - started) / 1_000 });
        case "/ready": {
          const reasons = Object.fromEntries(
            Object.entries(checks).flatMap(([name, check]) => {
              const state = check();
              return state === true ? [] : [[name, state]];
            }),
          );
          const ready = Object.keys(reasons).length === 0;
          return Response.json({ ready, service, version, reasons }, { status: ready ? 200 : 503 });
        }
        case "/metrics":
          return new Response(await metrics.render(), { headers: { "content-type": metrics.registry.contentType } });
        default:
          return null;
      }
    },
  };
}

/** Serves health on a port of its own (0: any free one). Throws ConfigError when the port is taken. */
export function serveHealth(options: {
  port: number;
  host: string;
  health: Health;
}): AsyncDisposable & { port: number } {
  const { port, host, health } = options;
  const notFound = () => new Response("Not found: /health, /ready and /metrics are here.\n", { status: 404 });
  try {
    const server = Bun.serve({
      port,
      hostname: host,
      fetch: async (request) => (await health.handle(request)) ?? notFound(),
    });
    return { port: server.port ?? port, [Symbol.asyncDispose]: () => server.stop(true) };
  } catch (cause) {
    throw new ConfigError("port_taken", `Port ${port} on ${host} cannot be used for health.`, {
      cause,
      next: "Set PROXBOX_HEALTH_PORT to a free port, or 0 for any.",
    });
  }
}
