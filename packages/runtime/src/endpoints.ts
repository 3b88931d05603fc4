import { StoredNetBoxEndpoint, StoredProxmoxEndpoint, settingKeys } from "@proxbox/contracts/endpoints";
import { decode } from "@proxbox/contracts/envelope";
import { names } from "@proxbox/contracts/streams";
import { openBucket } from "./buckets.ts";
import type { Bus } from "./bus.ts";
import { ConfigError } from "./errors.ts";
import { streamState } from "./reader.ts";
import type { Vault } from "./vault.ts";

/** A Proxmox endpoint with its secrets in clear; null: none. Never into a message, a log or a label. */
export type ProxmoxEndpoint = Omit<StoredProxmoxEndpoint, "password" | "token_value"> & {
  password: string | null;
  token_value: string | null;
  /** Why it cannot be asked, code `secret_unreadable`: its stored secrets cannot be decrypted. The others can. */
  unreadable?: ConfigError;
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

/** The configured endpoints as they are now: a change is in force for the next stage and the next item. */
export type Endpoints = {
  /** Ordered by id; disabled ones only when asked for. */
  proxmox(options?: { disabled?: boolean }): Promise<ProxmoxEndpoint[]>;
  /** The enabled NetBox endpoint with the lowest id; null when there is none. Throws ConfigError `secret_unreadable`. */
  netbox(): Promise<NetBoxEndpoint | null>;
  /** Both, of the same moment and for one request. Throws as `netbox` does. */
  enabled(): Promise<{ proxmox: ProxmoxEndpoint[]; netbox: NetBoxEndpoint | null }>;
};

/** Opens the endpoints kept in PBX_CFG. */
export function openEndpoints(bus: Bus, vault: Vault): Endpoints {
  const bucket = openBucket(bus, names.settings);
  let known: { mark: string; proxmox: ProxmoxEndpoint[]; netbox: StoredNetBoxEndpoint[] } | null = null;
  const read = async () => {
    // Asking how long the bucket has grown proves that what is known is current, for one short request.
    const { epoch, lastSeq } = await streamState(bus, `KV_${names.settings}`);
    const mark = `${epoch}-${lastSeq}`;
    if (known?.mark === mark) return known;
    const proxmox = await bucket.list(settingKeys.proxmoxAll);
    const netbox = await bucket.list(settingKeys.netboxAll);
    known = {
      mark,
      proxmox: proxmox.map(({ value }) => clearProxmox(decode(StoredProxmoxEndpoint, value), vault)).sort(byId),
      netbox: netbox.map(({ value }) => decode(StoredNetBoxEndpoint, value)).sort(byId),
    };
    return known;
  };
  const chosen = (rows: readonly StoredNetBoxEndpoint[]) => {
    const row = rows.find(({ enabled }) => enabled);
    return row ? clearNetBox(row, vault) : null;
  };
  return {
    proxmox: async ({ disabled = false } = {}) => (await read()).proxmox.filter(({ enabled }) => disabled || enabled),
    netbox: async () => chosen((await read()).netbox),
    enabled: async () => {
      const { proxmox, netbox } = await read();
      return { proxmox: proxmox.filter(({ enabled }) => enabled), netbox: chosen(netbox) };
    },
  };
}

const byId = (left: { id: number }, right: { id: number }) => left.id - right.id;

function clearProxmox(stored: StoredProxmoxEndpoint, vault: Vault): ProxmoxEndpoint {
  try {
    return { ...stored, password: clear(stored.password, vault), token_value: clear(stored.token_value, vault) };
  } catch (cause) {
    const unreadable = unreadableSecret(`Proxmox endpoint ${stored.name}`, cause);
    return { ...stored, password: null, token_value: null, unreadable };
  }
}

function clearNetBox(stored: StoredNetBoxEndpoint, vault: Vault): NetBoxEndpoint {
  try {
    const secrets = { token: clear(stored.token, vault), token_key: clear(stored.token_key, vault) };
    return { ...stored, ...secrets, url: netboxUrl(stored), authorization: netboxAuthorization(stored, secrets) };
  } catch (cause) {
    throw unreadableSecret(`NetBox endpoint ${stored.name}`, cause);
  }
}

function clear(sealed: string, vault: Vault): string | null {
  return sealed === "" ? null : vault.open(sealed);
}

function unreadableSecret(object: string, cause: unknown): ConfigError {
  return new ConfigError("secret_unreadable", `The stored secrets of ${object} cannot be decrypted.`, {
    object,
    cause,
    next: "Push the endpoint again from NetBox, or start with the encryption key that was used before.",
  });
}

/**
 * The address of a NetBox: by domain, else by IP without its mask; https when its port is 443 or its certificate is to
 * be verified.
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
  if (token_version === "v1") return `Token ${token ?? ""}`;
  return `Bearer nbt_${(token_key ?? "").replace(/^nbt_/, "")}.${token ?? ""}`;
}
