import { version } from "@proxbox/runtime/version";
import { Elysia } from "elysia";
import type { GatewayParts } from "../parts.ts";
import { describe } from "./describe.ts";

/** Who we are and how we are: what a plugin looks for, what a supervisor asks, what Prometheus reads. */
export function healthRoutes({ bus, health }: GatewayParts) {
  const byRuntime = async ({ request }: { request: Request }) =>
    (await health.handle(request)) ?? new Response(null, { status: 404 });
  return new Elysia()
    .get(
      "/",
      () => ({
        message: "Proxbox Backend: proxbox-edge keeps NetBox true to Proxmox VE.",
        version,
        // By it plugins from 0.0.29 on know that each answer on /ws repeats the run_id of its command.
        capabilities: { ws_run_id: 1 },
        links: { openapi: "/openapi.json", health: "/health", ready: "/ready", runs: "/runs" },
      }),
      describe("Who this is; a plugin knows us by the first two words.", { 200: null }),
    )
    .get(
      "/health",
      // Always 200: a plugin stops talking to a backend that says anything else.
      () => ({ status: bus.connected() ? "ready" : "initializing", init_ok: bus.connected() }),
      describe("200 as long as the process lives.", { 200: null }),
    )
    .get("/ready", byRuntime, describe("503 with the reasons while requests cannot be served.", { 200: null }))
    .get("/metrics", byRuntime, describe("Metrics in the Prometheus text format.", { 200: null }))
    .get("/version", () => ({ version }), describe("The version of this system.", { 200: null }));
}
