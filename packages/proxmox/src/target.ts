import type { ProxmoxEndpoint } from "@proxbox/runtime/endpoints";

/** The settings of an endpoint that say how to reach it, secrets in clear. */
export type EndpointSettings = Pick<
  ProxmoxEndpoint,
  | "name"
  | "ip_address"
  | "domain"
  | "port"
  | "username"
  | "token_name"
  | "verify_ssl"
  | "tls_ca"
  | "tls_fingerprint"
  | "timeout"
  | "max_retries"
  | "retry_backoff"
  | "password"
  | "token_value"
>;

/** How a server proves who it is: by its certificate's SHA-256, by an authority, or not at all. */
export type Trust =
  | { by: "fingerprint"; sha256: string }
  | { by: "authority"; pem: string }
  | { by: "system" }
  | { by: "nothing" };

/** Who we say we are. */
export type Credentials =
  | { by: "token"; id: string; secret: string }
  | { by: "password"; user: string; password: string };

/** Everything a client must know to talk to one Proxmox VE endpoint. Times in milliseconds. */
export type ProxmoxTarget = {
  name: string;
  /** `https://host:port`, in the order they are tried: the domain, then the address. */
  origins: string[];
  credentials: Credentials | null;
  trust: Trust;
  timeoutMs: number;
  retries: number;
  backoffMs: number;
};

const defaults = { timeoutSeconds: 15, retries: 2, backoffSeconds: 0.5 };

/** Reads an endpoint's settings; pure. A fingerprint outranks an authority, which outranks `verify_ssl`. */
export function targetOf(endpoint: EndpointSettings): ProxmoxTarget {
  const hosts = [endpoint.domain ?? "", endpoint.ip_address].map(bareHost).filter((host) => host !== "");
  return {
    name: endpoint.name,
    origins: [...new Set(hosts)].map((host) => `https://${host}:${endpoint.port}`),
    credentials: credentialsOf(endpoint),
    trust: trustOf(endpoint),
    timeoutMs: (endpoint.timeout ?? defaults.timeoutSeconds) * 1_000,
    retries: endpoint.max_retries ?? defaults.retries,
    backoffMs: (endpoint.retry_backoff ?? defaults.backoffSeconds) * 1_000,
  };
}

/** A host without mask and blanks, an IPv6 address in brackets. */
function bareHost(host: string): string {
  const bare = host.trim().replace(/\/\d+$/, "");
  return bare.includes(":") && !bare.startsWith("[") ? `[${bare}]` : bare;
}

function credentialsOf(endpoint: EndpointSettings): Credentials | null {
  if (endpoint.token_name && endpoint.token_value) {
    const full = endpoint.token_name.includes("!");
    const id = full ? endpoint.token_name : `${endpoint.username}!${endpoint.token_name}`;
    return { by: "token", id, secret: endpoint.token_value };
  }
  return endpoint.password ? { by: "password", user: endpoint.username, password: endpoint.password } : null;
}

function trustOf(endpoint: EndpointSettings): Trust {
  const sha256 = endpoint.tls_fingerprint?.replace(/[^0-9a-fA-F]/g, "").toLowerCase();
  if (sha256) return { by: "fingerprint", sha256 };
  if (endpoint.tls_ca?.trim()) return { by: "authority", pem: endpoint.tls_ca };
  return { by: endpoint.verify_ssl ? "system" : "nothing" };
}
