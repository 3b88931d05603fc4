import type { ProxmoxClient, ReadOptions } from "../client.ts";
import type { Row } from "../parse/rows.ts";
import { parseText } from "../parse/scalars.ts";
import { nodePath, readRow, readRows } from "../read-rows.ts";

/** Whose firewall: that of the datacenter, of a node or of a guest. Pass it to the reads below. */
export type FirewallOf = { path: string; node?: string };

/** The firewall of the datacenter. */
export const datacenterFirewall: FirewallOf = { path: "/cluster/firewall" };

/** The firewall of a node. */
export function nodeFirewall(node: string): FirewallOf {
  return { path: nodePath(node, "firewall"), node };
}

/** The firewall of a guest. */
export function guestFirewall({ node, type, vmid }: { node: string; type: string; vmid: number }): FirewallOf {
  return { path: nodePath(node, type, vmid, "firewall"), node };
}

/** A security group with its rules. */
export type SecurityGroup = { name: string; group: Row; rules: Row[] };

/** A set of addresses with what is in it. */
export type IpSet = { name: string; set: Row; entries: Row[] };

/** Rules by their position (GET .../firewall/rules). Throws ProxmoxAPIError. */
export function readFirewallRules(client: ProxmoxClient, of: FirewallOf, signal: AbortSignal): Promise<Row[]> {
  return readRows(client, `${of.path}/rules`, optionsOf(of, signal));
}

/** Aliases (GET .../firewall/aliases); a node has none. Throws ProxmoxAPIError. */
export function readFirewallAliases(client: ProxmoxClient, of: FirewallOf, signal: AbortSignal): Promise<Row[]> {
  return readRows(client, `${of.path}/aliases`, optionsOf(of, signal));
}

/** Options that were set (GET .../firewall/options). Throws ProxmoxAPIError. */
export function readFirewallOptions(client: ProxmoxClient, of: FirewallOf, signal: AbortSignal): Promise<Row> {
  return readRow(client, `${of.path}/options`, optionsOf(of, signal));
}

/** Sets of addresses with their entries (GET .../firewall/ipset, .../ipset/{name}); a node has none. Throws ProxmoxAPIError. */
export async function readIpSets(client: ProxmoxClient, of: FirewallOf, signal: AbortSignal): Promise<IpSet[]> {
  const options = optionsOf(of, signal);
  const named = withNames(await readRows(client, `${of.path}/ipset`, options), "name");
  return Promise.all(
    named.map(async ({ name, row }) => {
      const entries = await readRows(client, `${of.path}/ipset/${encodeURIComponent(name)}`, options);
      return { name, set: row, entries };
    }),
  );
}

/**
 * The security groups of the datacenter with their rules (GET /cluster/firewall/groups, .../groups/{group}). Throws
 * ProxmoxAPIError.
 */
export async function readSecurityGroups(client: ProxmoxClient, signal: AbortSignal): Promise<SecurityGroup[]> {
  const path = `${datacenterFirewall.path}/groups`;
  const named = withNames(await readRows(client, path, { signal }), "group");
  return Promise.all(
    named.map(async ({ name, row }) => {
      const rules = await readRows(client, `${path}/${encodeURIComponent(name)}`, { signal });
      return { name, group: row, rules };
    }),
  );
}

function optionsOf({ node }: FirewallOf, signal: AbortSignal): ReadOptions {
  return node === undefined ? { signal } : { signal, node };
}

function withNames(rows: readonly Row[], key: string): { name: string; row: Row }[] {
  return rows.flatMap((row) => {
    const name = parseText(row[key]);
    return name ? [{ name, row }] : [];
  });
}
