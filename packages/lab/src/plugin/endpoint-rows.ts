import type { PluginRelease } from "../netbox/models/plugin-parts.ts";
import { isObject } from "./frame-parser.ts";

/** A Proxmox endpoint as NetBox has it: its number there, its name, and what is pushed of it. */
export type PluginEndpoint = {
  pk: number;
  name: string;
  domain: string | null;
  ip: string | null;
  port: number;
  username: string;
  password: string | null;
  tokenName: string | null;
  tokenValue: string | null;
  verifySsl: boolean;
  enabled: boolean;
  timeout: number;
  maxRetries: number;
  retryBackoff: number;
};

/** The NetBox endpoint as the plugin has it. */
export type PluginNetBox = {
  name: string;
  domain: string;
  ip: string | null;
  port: number;
  verifySsl: boolean;
  tokenVersion: "v1" | "v2";
  token: string;
  tokenKey: string | null;
};

/** A row of `GET /proxmox/endpoints`, of which the plugin reads this much. */
export type EndpointRow = Record<string, unknown> & { id: number; name: string };

/** The name of an endpoint's row: its own, and its number in NetBox. */
export function rowName({ name, pk }: PluginEndpoint): string {
  return `${name} (nb:${pk})`;
}

/** What is pushed of a Proxmox endpoint; every key is sent, null too. */
export function proxmoxBody(release: PluginRelease, endpoint: PluginEndpoint): Record<string, unknown> {
  const body = {
    name: rowName(endpoint),
    ip_address: endpoint.ip ?? "127.0.0.1",
    domain: endpoint.domain,
    port: endpoint.port,
    username: endpoint.username,
    password: endpoint.password,
    verify_ssl: endpoint.verifySsl,
    timeout: endpoint.timeout,
    max_retries: endpoint.maxRetries,
    retry_backoff: endpoint.retryBackoff,
    token_name: endpoint.tokenName,
    token_value: endpoint.tokenValue,
    access_methods: "api",
    site_id: null,
    site_slug: null,
    site_name: null,
    tenant_id: null,
    tenant_slug: null,
    tenant_name: null,
  };
  if (release === "0.0.24") return body;
  const news = { node_device_name_template: "", enabled: endpoint.enabled, allow_packer_template_builds: false };
  return { ...body, ...news };
}

/** What is pushed of the NetBox endpoint. */
export function netboxBody(netbox: PluginNetBox): Record<string, unknown> {
  const body = {
    name: netbox.name,
    ip_address: netbox.ip ?? "127.0.0.1",
    domain: netbox.domain,
    port: netbox.port,
    verify_ssl: netbox.verifySsl,
    token_version: netbox.tokenVersion,
    token: netbox.token,
  };
  return netbox.tokenVersion === "v2" && netbox.tokenKey ? { ...body, token_key: netbox.tokenKey } : body;
}

/** The rows that stand for an endpoint: 0.0.24 goes by the whole name, 0.0.29 by the number at its end. */
export function rowsOf(release: PluginRelease, rows: readonly unknown[], endpoint: PluginEndpoint): EndpointRow[] {
  const fits = (name: string) =>
    release === "0.0.24" ? name === rowName(endpoint) : name.trim().endsWith(`(nb:${endpoint.pk})`);
  return rows.filter((row): row is EndpointRow => isObject(row) && fits(String(row.name ?? "")));
}

/** Whether a row still leads where the endpoint does. */
export function leadsTo(row: Record<string, unknown>, endpoint: PluginEndpoint): boolean {
  const host = (domain: unknown, ip: unknown) =>
    String(domain || ip || "")
      .replace(/\/\d+$/, "")
      .replace(/\.$/, "")
      .toLowerCase();
  const wanted = host(endpoint.domain, endpoint.ip);
  return wanted !== "" && host(row.domain, row.ip_address) === wanted && Number(row.port) === endpoint.port;
}

/** Whether a row is what a push would make of it; if not, the plugin pushes again. A number that came as text is not equal. */
export function isCurrent(release: PluginRelease, row: Record<string, unknown>, endpoint: PluginEndpoint): boolean {
  const body = proxmoxBody(release, endpoint);
  const compared = ["username", "access_methods", "verify_ssl", "timeout", "max_retries", "retry_backoff"];
  if (release !== "0.0.24") compared.push("enabled", "allow_packer_template_builds");
  return leadsTo(row, endpoint) && compared.every((key) => key in row && row[key] === body[key]);
}
