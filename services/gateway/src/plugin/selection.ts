import { netboxPkOf, type StoredProxmoxEndpoint } from "@proxbox/contracts/endpoints";
import { badRequest, notFound } from "../errors.ts";
import { idsIn } from "./ids.ts";

/** How a query of the plugin's dialect says which Proxmox endpoints it means. Blank is as good as absent. */
export type SelectionQuery = {
  /** `database` (default): ids are ours; `netbox`: ids are those of the plugin. */
  source?: string | undefined;
  proxmox_endpoint_ids?: string | undefined;
  endpoint_ids?: string | undefined;
  ip_address?: string | undefined;
  target_ip_address?: string | undefined;
  domain?: string | undefined;
  target_domain?: string | undefined;
  name?: string | undefined;
  target_name?: string | undefined;
};

type Row = Pick<StoredProxmoxEndpoint, "id" | "name" | "domain" | "ip_address" | "enabled">;

const mostEndpoints = 100;

const choices = [
  ...(["proxmox_endpoint_ids", "endpoint_ids", "ip_address", "target_ip_address"] as const),
  ...(["domain", "target_domain", "name", "target_name"] as const),
];

/** The parameters of a query that `selectEndpoints` reads. */
export const selectionKeys = ["source", ...choices] as const;

/**
 * The enabled endpoints that a query means, by id: all of them when it says nothing. Pure.
 * Throws RequestError 400 when it cannot be understood, 404 when it names an endpoint that is not there or is disabled.
 */
export function selectEndpoints<T extends Row>(query: SelectionQuery, rows: readonly T[]): T[] {
  const source = text(query.source) ?? "database";
  if (source !== "database" && source !== "netbox") throw badRequest("source must be database or netbox.");
  const ids = text(query.proxmox_endpoint_ids) ?? text(query.endpoint_ids);
  if (ids !== null) {
    const wanted = idsIn("proxmox_endpoint_ids", ids, mostEndpoints, badRequest).map((id) => {
      const found = rows.find((row) => (source === "netbox" ? netboxPkOf(row.name) : row.id) === id);
      return usable(found, `Proxmox endpoint ${id}`, rows);
    });
    return [...new Set(wanted)].sort((left, right) => left.id - right.id);
  }
  const address = text(query.ip_address) ?? text(query.target_ip_address);
  if (address !== null) return [one((row) => row.ip_address === address, `the address ${address}`, rows)];
  const domain = text(query.domain) ?? text(query.target_domain);
  if (domain !== null) return [one((row) => row.domain === domain, `the domain ${domain}`, rows)];
  const name = text(query.name) ?? text(query.target_name);
  // The plugin's number outlives a change of the name.
  if (name !== null) return [one((row) => row.name === name || isSame(row.name, name), `the name ${name}`, rows)];
  return rows.filter(({ enabled }) => enabled);
}

/** Whether a query says which endpoints it means. Pure. */
export function choosesEndpoints(query: SelectionQuery): boolean {
  return choices.some((name) => text(query[name]) !== null);
}

function one<T extends Row>(fits: (row: T) => boolean, what: string, rows: readonly T[]): T {
  return usable(rows.find((row) => fits(row) && row.enabled) ?? rows.find(fits), `Proxmox endpoint with ${what}`, rows);
}

function usable<T extends Row>(row: T | undefined, what: string, rows: readonly T[]): T {
  if (row?.enabled) return row;
  const known = rows.filter(({ enabled }) => enabled).map(({ id, name }) => `${id} (${name})`);
  const next = known.length > 0 ? `Enabled: ${known.join(", ")}.` : "None is enabled; push one from NetBox.";
  throw notFound(row ? `${what} (${row.name}) is disabled. ${next}` : `There is no ${what}. ${next}`);
}

function isSame(left: string, right: string): boolean {
  const pk = netboxPkOf(right);
  return pk !== null && netboxPkOf(left) === pk;
}

function text(value: string | undefined): string | null {
  const trimmed = value?.trim() ?? "";
  return trimmed === "" ? null : trimmed;
}
