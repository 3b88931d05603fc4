import { badRequest, RequestError, unavailable } from "../errors.ts";
import type { GatewayParts } from "../parts.ts";
import { logPaths, openPaths, refusals } from "./auth.ts";
import { clientSource } from "./client-address.ts";
import { allowedOrigins, corsHeaders, securityHeaders } from "./cors.ts";
import { admit } from "./door.ts";
import { createRateLimit } from "./rate-limit.ts";
import { remember } from "./remember.ts";
import { pathOf } from "./request-path.ts";

/** The header that carries an API key. */
export const keyHeader = "x-proxbox-api-key";

type Incoming = {
  request: Request;
  set: { headers: Record<string, string | number> };
  server: { requestIP(request: Request): { address: string } | null } | null;
};

type GuardParts = Pick<GatewayParts, "config" | "log" | "bus" | "keys" | "lockouts" | "endpoints">;

/** Requests a minute from one address that need no valid key, where the owner has set nothing. */
const usualLimit = 300;

/**
 * What every request passes first: headers for browsers, preflights, the bus, the rate limit, the key.
 * Returns an answer when there is no more to do; throws RequestError 401, 429 or 503.
 */
export function createGuard(parts: GuardParts) {
  const { config, bus, keys, endpoints } = parts;
  const limit = config.PROXBOX_RATE_LIMIT ?? usualLimit;
  const allow = createRateLimit(limit);
  const allowOpen = createRateLimit(limit);
  const netbox = remember(() => endpoints.netbox(), { ttlMs: 2_000, most: 1 });
  // A page that was let in yesterday shall be able to read why it is not served today.
  const originsNow = async () =>
    allowedOrigins(bus.connected() ? await netbox.get("").catch(() => null) : null, config.origins);

  // One job of a large estate reads hundreds of things in seconds, so who has a key is counted only where the owner says so.
  const isTooFast = async (source: string, key: string, isOpen: boolean) => {
    // What is open and asks the bus, counted for itself: who has no key shall not keep it busy.
    if (isOpen) return !allowOpen(source, Date.now());
    const counts = config.PROXBOX_RATE_LIMIT !== undefined || !(await keys.recognises(key));
    return counts && !allow(source, Date.now());
  };

  return async ({ request, set, server }: Incoming): Promise<Response | undefined> => {
    Object.assign(set.headers, securityHeaders);
    const origin = request.headers.get("origin");
    if (origin) Object.assign(set.headers, corsHeaders(origin, await originsNow()));
    if (request.method === "OPTIONS") return new Response(null, { status: 204 });
    const asked = pathOf(request.url);
    if (asked === null) throw badRequest("The Host header is not a name or address of at least four characters.");
    const path = asked.replace(/(.)\/$/, "$1");
    const isOpen = openPaths.has(path);
    if (!bus.connected() && (!isOpen || path.startsWith("/auth/"))) {
      throw unavailable("The message bus (nats-server) is not connected; try again in a few seconds.");
    }
    if (isOpen && !path.startsWith("/auth/")) return;
    const peer = server?.requestIP(request)?.address ?? "127.0.0.1";
    const source = clientSource(peer, request.headers.get("x-forwarded-for"), config.trustedProxies);
    const key = request.headers.get(keyHeader)?.trim() ?? "";
    if (await isTooFast(source, key, isOpen)) {
      throw new RequestError(429, "rate_limited", refusals.tooFast, { headers: { "retry-after": "60" } });
    }
    if (isOpen) return;
    if (config.PROXBOX_OPEN_LOGS && logPaths.has(path)) return;
    await admit(parts, source, key);
  };
}
