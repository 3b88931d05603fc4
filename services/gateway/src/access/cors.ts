import type { StoredNetBoxEndpoint } from "@proxbox/contracts/endpoints";

/** Sent with every answer. */
export const securityHeaders = {
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "x-xss-protection": "1; mode=block",
  "referrer-policy": "strict-origin-when-cross-origin",
  "permissions-policy": "geolocation=(), microphone=(), camera=()",
  "strict-transport-security": "max-age=31536000; includeSubDomains",
  "content-security-policy": "default-src 'self'; frame-ancestors 'none'",
} as const;

const alwaysAllowed = [
  "https://127.0.0.1",
  "http://127.0.0.1",
  "http://127.0.0.1:8000",
  "http://localhost:3000",
  "http://localhost:3001",
  "http://127.0.0.1:3000",
  "http://127.0.0.1:3001",
];

type NetBoxAddress = Pick<StoredNetBoxEndpoint, "domain" | "ip_address" | "port" | "verify_ssl">;

/**
 * The origins whose pages may call us: NetBox by its domain and its address, the usual local ones, and those of the
 * settings. Pure.
 */
export function allowedOrigins(netbox: NetBoxAddress | null, extra: readonly string[]): string[] {
  if (!netbox) return [...alwaysAllowed, ...extra];
  const scheme = netbox.port === 443 || netbox.verify_ssl ? "https" : "http";
  const ports = ["", ":80", ":443", ":8000", `:${netbox.port}`];
  const address = netbox.ip_address.replace(/\/\d+$/, "");
  const hosts = [netbox.domain, address.includes(":") ? `[${address}]` : address].filter(Boolean);
  const own = hosts.flatMap((host) => ports.map((port) => `${scheme}://${host}${port}`));
  return [...own, ...alwaysAllowed, ...extra];
}

/** The headers that let a page of this origin read our answers; none when it may not. Pure. */
export function corsHeaders(origin: string, allowed: readonly string[]): Record<string, string> {
  // Browsers leave the standard port out of an origin; a list may have it.
  const bare = (text: string) => text.toLowerCase().replace(/^(http:.*):80$|^(https:.*):443$/, "$1$2");
  if (!allowed.some((entry) => bare(entry) === bare(origin))) return { vary: "Origin" };
  return {
    vary: "Origin",
    "access-control-allow-origin": origin,
    "access-control-allow-methods": "GET, POST, PUT, DELETE, OPTIONS",
    "access-control-allow-headers":
      "Accept, Accept-Language, Content-Type, Idempotency-Key, Last-Event-ID, X-Proxbox-API-Key, X-Proxbox-Actor, X-Requested-With",
    "access-control-expose-headers": "Location, Retry-After",
    "access-control-max-age": "600",
  };
}
