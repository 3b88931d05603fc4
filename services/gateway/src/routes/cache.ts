import { Elysia } from "elysia";
import type { GatewayParts } from "../parts.ts";
import { cacheMetrics, cacheText } from "../plugin/cache-report.ts";
import { describe } from "./describe.ts";

/** What this gateway remembers: which API keys were right. Of NetBox and Proxmox it remembers nothing. */
export function cacheRoutes({ keyCache, log }: Pick<GatewayParts, "keyCache" | "log">) {
  return new Elysia()
    .get(
      "/cache",
      () => ({ proxbox_cache: { api_keys: cacheMetrics(keyCache.stats()) }, netbox_get_cache_sample: [] }),
      describe("What this gateway remembers.", { 200: null }),
    )
    .get("/cache/metrics", () => cacheMetrics(keyCache.stats()), describe("How well it serves.", { 200: null }))
    .get(
      "/cache/metrics/prometheus",
      () => new Response(cacheText(keyCache.stats()), { headers: { "content-type": "text/plain; version=0.0.4" } }),
      describe("The same in the Prometheus text format.", { 200: null }),
    )
    .get(
      "/clear-cache",
      () => {
        keyCache.clear();
        log.info({ event: "cache.cleared" }, "What was remembered of API keys is forgotten.");
        return { message: "All caches cleared" };
      },
      describe("Forget what is remembered.", { 200: null }),
    );
}
