import { StoredNetBoxEndpoint, StoredProxmoxEndpoint, settingKeys } from "@proxbox/contracts/endpoints";
import { decode } from "@proxbox/contracts/envelope";
import { names } from "@proxbox/contracts/streams";
import { openBucket } from "./buckets.ts";
import type { Bus } from "./bus.ts";
import type { Vault } from "./vault.ts";

/** A Proxmox endpoint with its secrets in clear; null: none. Never into a message, a log or a label. */
export type ProxmoxEndpoint = Omit<StoredProxmoxEndpoint, "password" | "token_value"> & {
  password: string | null;
  token_value: string | null;
};

/** The NetBox endpoint with its secrets in clear, and what a client needs of it. */
export type NetBoxEndpoint = Omit<StoredNetBoxEndpoint, "token" | "token_key"> & {
  token: string | null;
  token_key: string | null;
  /** Without a slash at the end, e.g. `https://netbox.example.com`. */
  url: string;
  /** The value of the Authorization header. */
  authorization: string;
};

/** The configured endpoints. Always read from the bucket, so that a change is in force for the next stage or item. */
export type Endpoints = {
  /** Ordered by id; disabled ones only when asked for. Throws ConfigError `secret_unreadable`. */
  proxmox(options?: { disabled?: boolean }): Promise<ProxmoxEndpoint[]>;
  /** The enabled NetBox endpoint with the lowest id; null when there is none. */
  netbox(): Promise<NetBoxEndpoint | null>;
};

/** Opens the endpoints kept in PBX_CFG. */
export function openEndpoints(bus: Bus, vault: Vault): Endpoints {
  const bucket = openBucket(bus, names.settings);
  const clear = (sealed: string) => (sealed === "" ? null : vault.open(sealed));
  return {
    proxmox: async ({ disabled = false } = {}) => {
      const stored = (await bucket.list(settingKeys.proxmoxAll)).map(({ value }) =>
        decode(StoredProxmoxEndpoint, value),
      );
      return stored
        .filter((endpoint) => disabled || endpoint.enabled)
        .sort((left, right) => left.id - right.id)
        .map((endpoint) => ({
          ...endpoint,
          password: clear(endpoint.password),
          token_value: clear(endpoint.token_value),
        }));
    },
    netbox: async () => {
      const stored = (await bucket.list(settingKeys.netboxAll)).map(({ value }) => decode(StoredNetBoxEndpoint, value));
      const [endpoint] = stored.filter(({ enabled }) => enabled).sort((left, right) => left.id - right.id);
      if (!endpoint) return null;
      const secrets = { token: clear(endpoint.token), token_key: clear(endpoint.token_key) };
      return {
        ...endpoint,
        ...secrets,
        url: netboxUrl(endpoint),
        authorization: netboxAuthorization(endpoint, secrets),
      };
    },
  };
}

/**
 * The address of a NetBox: by domain, else by IP without its mask; https when its port is 443 or its certificate is to be
 * verified.
 */
export function netboxUrl(
  endpoint: Pick<StoredNetBoxEndpoint, "ip_address" | "domain" | "port" | "verify_ssl">,
): string {
  const name = endpoint.domain.trim() || (endpoint.ip_address.split("/")[0] ?? "");
  const host = name.includes(":") && !name.startsWith("[") ? `[${name}]` : name;
  const scheme = endpoint.port === 443 || endpoint.verify_ssl ? "https" : "http";
  const standard = endpoint.port === (scheme === "https" ? 443 : 80);
  return `${scheme}://${host}${standard ? "" : `:${endpoint.port}`}`;
}

/** The Authorization header for a NetBox token: `Token <token>` for v1, `Bearer nbt_<key>.<token>` for v2. */
export function netboxAuthorization(
  { token_version }: Pick<StoredNetBoxEndpoint, "token_version">,
  { token, token_key }: { token: string | null; token_key: string | null },
): string {
  if (token_version === "v1" || !token_key) return `Token ${token ?? ""}`;
  return `Bearer nbt_${token_key.replace(/^nbt_/, "")}.${token ?? ""}`;
}
