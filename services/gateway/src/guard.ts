import { openPaths, refusals } from "./auth.ts";
import { clientSource } from "./client-address.ts";
import { allowedOrigins, corsHeaders, securityHeaders } from "./cors.ts";
import { RequestError, unavailable } from "./errors.ts";
import type { GatewayParts } from "./parts.ts";
import { createRateLimit } from "./rate-limit.ts";

/** The header that carries an API key. */
export const keyHeader = "x-proxbox-api-key";

type Incoming = {
  request: Request;
  set: { headers: Record<string, string | number> };
  server: { requestIP(request: Request): { address: string } | null } | null;
};

type GuardParts = Pick<GatewayParts, "config" | "bus" | "keys" | "lockouts" | "endpoints">;

/**
 * What every request passes first: headers for browsers, preflights, the bus, the rate limit, the key.
 * Returns an answer when there is no more to do; throws RequestError 401, 429 or 503.
 */
export function createGuard({ config, bus, keys, lockouts, endpoints }: GuardParts) {
  const allow = createRateLimit(config.PROXBOX_RATE_LIMIT);

  const checkKey = async (source: string, key: string) => {
    if (await lockouts.isLocked(source, key)) {
      throw new RequestError(429, "locked_out", refusals.locked, { headers: { "retry-after": "300" } });
    }
    const verdict = await keys.verify(key);
    if (verdict.known === "ok") return;
    if (verdict.known === "no-keys") throw new RequestError(401, "no_api_key", refusals.noKey);
    const left = await lockouts.fail(source, key);
    const sentence = key === "" ? refusals.missing(left) : refusals.wrong(left);
    throw new RequestError(401, "unauthorized", sentence);
  };

  return async ({ request, set, server }: Incoming): Promise<Response | undefined> => {
    Object.assign(set.headers, securityHeaders);
    const origin = request.headers.get("origin");
    if (origin && bus.connected()) {
      Object.assign(set.headers, corsHeaders(origin, allowedOrigins(await endpoints.netbox(), config.origins)));
    }
    if (request.method === "OPTIONS") return new Response(null, { status: 204 });
    const path = new URL(request.url).pathname.replace(/(.)\/$/, "$1");
    const isOpen = openPaths.has(path);
    if (!bus.connected() && (!isOpen || path.startsWith("/auth/"))) {
      throw unavailable("The message bus (nats-server) is not connected; try again in a few seconds.");
    }
    if (isOpen) return;
    const peer = server?.requestIP(request)?.address ?? "127.0.0.1";
    const source = clientSource(peer, request.headers.get("x-forwarded-for"), config.trustedProxies);
    if (!allow(source, Date.now())) {
      throw new RequestError(429, "rate_limited", refusals.tooFast, { headers: { "retry-after": "60" } });
    }
    await checkKey(source, request.headers.get(keyHeader)?.trim() ?? "");
  };
}
