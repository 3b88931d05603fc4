import type { StoredProxmoxEndpoint } from "@proxbox/contracts/endpoints";
import { badRequest } from "../errors.ts";

type Row = Pick<StoredProxmoxEndpoint, "domain" | "ip_address" | "port">;

/** The address of a Proxmox endpoint: its domain, else its IP without the mask. Pure. */
export function urlOf({ domain, ip_address, port }: Row): string {
  return `https://${inBrackets(domain?.trim() || bare(ip_address))}:${port}`;
}

/**
 * The endpoint whose domain or IP, and port (8006 when the URL has none), are those of a URL. Throws RequestError 400. Pure.
 */
export function endpointAt<T extends Row>(url: string, rows: readonly T[]): T | undefined {
  // A scheme without a port of its own: with https, 443 would not be told from none.
  const text = `proxmox://${url.trim().replace(/^\w+:\/\//, "")}`;
  const { hostname = "", port } = URL.parse(text) ?? {};
  if (hostname === "") throw badRequest("url must be an address such as https://pve.example.com:8006.");
  const hosts = (row: Row) =>
    [row.domain?.trim() ?? "", bare(row.ip_address)].map((host) => inBrackets(host).toLowerCase());
  return rows.find((row) => row.port === Number(port || 8006) && hosts(row).includes(hostname.toLowerCase()));
}

function bare(address: string): string {
  return address.trim().replace(/\/\d+$/, "");
}

function inBrackets(host: string): string {
  return host.includes(":") && !host.startsWith("[") ? `[${host}]` : host;
}
