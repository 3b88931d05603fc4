import type { Row } from "@proxbox/proxmox/parse/rows";
import { parseFlag, parseInteger, parseText } from "@proxbox/proxmox/parse/scalars";
import type { IpSet, SecurityGroup } from "@proxbox/proxmox/resources/firewall";

/** Where a rule stands: `zone` is `datacenter`, `security_group`, `node` or `vm`. */
export type RulePlace = { cluster: string; zone: string; node?: string; vmid?: number; group?: string };

/**
 * A rule. Null without its position, by which plugin 0.0.29.post6 tells rules apart; `enable` is a number, as it wants,
 * and a rule that says nothing of it is switched off (Proxmox VE 9.2). Pure.
 */
function ruleShape(row: Row, { cluster, zone, node, vmid, group }: RulePlace) {
  const pos = parseInteger(row.pos);
  if (pos === null) return null;
  return {
    cluster_name: cluster,
    zone,
    node: node ?? null,
    vmid: vmid ?? null,
    security_group: group ?? null,
    pos,
    type: parseText(row.type),
    action: parseText(row.action),
    enable: numberOf(row.enable) ?? 0,
    macro: parseText(row.macro),
    iface: parseText(row.iface),
    source: parseText(row.source),
    dest: parseText(row.dest),
    proto: parseText(row.proto),
    dport: parseText(row.dport),
    sport: parseText(row.sport),
    log: parseText(row.log),
    icmp_type: parseText(row["icmp-type"]),
    comment: parseText(row.comment),
    digest: parseText(row.digest),
    status: "ok",
    error: null,
  };
}

/** Rules in their order. Pure. */
export function ruleShapes(rows: readonly Row[], place: RulePlace) {
  return rows.flatMap((row) => ruleShape(row, place) ?? []).sort((left, right) => left.pos - right.pos);
}

/** A security group with its rules. Pure. */
export function groupShape({ name, group, rules }: SecurityGroup, cluster: string) {
  return {
    cluster_name: cluster,
    name,
    comment: parseText(group.comment),
    digest: parseText(group.digest),
    rules: ruleShapes(rules, { cluster, zone: "security_group", group: name }),
    status: "ok",
    error: null,
  };
}

/** A set of addresses with what is in it. Pure. */
export function ipSetShape({ name, set, entries }: IpSet) {
  return {
    name,
    comment: parseText(set.comment),
    digest: parseText(set.digest),
    entries: entries.flatMap((entry) => {
      const cidr = parseText(entry.cidr);
      return cidr ? [{ cidr, comment: parseText(entry.comment), nomatch: parseFlag(entry.nomatch) ?? false }] : [];
    }),
  };
}

/** An alias; null without a name or an address. Pure. */
export function aliasShape(row: Row) {
  const name = parseText(row.name);
  const cidr = parseText(row.cidr);
  return name && cidr ? { name, cidr, comment: parseText(row.comment), digest: parseText(row.digest) } : null;
}

/** Options of a firewall: what the plugin reads beside the others, which stand under `options` as they are. Pure. */
export function optionsShape({ enable, policy_in, policy_out, digest: _, ...others }: Row) {
  return {
    enable: numberOf(enable),
    policy_in: parseText(policy_in),
    policy_out: parseText(policy_out),
    options: others,
  };
}

/** A datacenter's firewall under the names that plugin 0.0.29.post6 reads, and under those it was told before. Pure. */
export function summaryShape(
  cluster: string,
  parts: {
    rules: readonly Row[];
    groups: readonly SecurityGroup[];
    ipSets: readonly IpSet[];
    aliases: readonly Row[];
    options: Row;
  },
) {
  const rules = ruleShapes(parts.rules, { cluster, zone: "datacenter" });
  const of = { cluster_name: cluster, zone: "datacenter" };
  const ipSets = parts.ipSets.map((set) => ({ ...of, ...ipSetShape(set) }));
  const aliases = parts.aliases.flatMap((row) => {
    const alias = aliasShape(row);
    return alias ? [{ ...of, ...alias }] : [];
  });
  const options = { ...of, ...optionsShape(parts.options) };
  return {
    cluster_name: cluster,
    security_groups: parts.groups.map((group) => groupShape(group, cluster)),
    rules,
    ip_sets: ipSets,
    aliases,
    // The plugin stores everything but `enable` and the policies as it is.
    options: {
      enable: options.enable,
      policy_in: options.policy_in,
      policy_out: options.policy_out,
      ...options.options,
    },
    datacenter_rules: rules,
    datacenter_ipsets: ipSets,
    datacenter_aliases: aliases,
    datacenter_options: options,
    node_rules: [],
    node_options: [],
    vm_rules: [],
    vm_ipsets: [],
    vm_aliases: [],
    vm_options: [],
    status: "ok",
    error: null,
  };
}

function numberOf(value: unknown): number | null {
  const flag = parseFlag(value);
  return flag === null ? parseInteger(value) : Number(flag);
}
