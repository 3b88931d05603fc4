import type { Row } from "@proxbox/proxmox/parse/rows";
import { parseFlag, parseInteger, parseText } from "@proxbox/proxmox/parse/scalars";

/** What a manager, the quorum or a service says of itself. Pure. */
export function haStatusShape(cluster: string, row: Row) {
  return {
    cluster_name: cluster,
    id: parseText(row.id),
    type: parseText(row.type),
    sid: parseText(row.sid),
    node: parseText(row.node),
    state: parseText(row.state),
    status: parseText(row.status),
    crm_state: parseText(row.crm_state),
    request_state: parseText(row.request_state),
    quorate: parseFlag(row.quorate),
    failback: parseFlag(row.failback),
    max_relocate: parseInteger(row.max_relocate),
    max_restart: parseInteger(row.max_restart),
    timestamp: parseInteger(row.timestamp),
  };
}

/** A service as it is configured, with where and how it is now. Pure. */
export function haResourceShape(cluster: string, row: Row, status: readonly Row[]) {
  const sid = parseText(row.sid);
  const now = status.find((each) => each.sid === sid && sid !== null);
  return {
    cluster_name: cluster,
    sid,
    type: parseText(row.type) ?? sid?.split(":")[0] ?? null,
    state: parseText(row.state) ?? "started",
    group: parseText(row.group),
    max_relocate: parseInteger(row.max_relocate),
    max_restart: parseInteger(row.max_restart),
    failback: parseFlag(row.failback),
    comment: parseText(row.comment),
    digest: parseText(row.digest),
    node: parseText(now?.node),
    crm_state: parseText(now?.crm_state),
    request_state: parseText(now?.request_state),
    status: parseText(now?.status),
  };
}

/** A group of nodes. Pure. */
export function haGroupShape(cluster: string, row: Row) {
  return {
    cluster_name: cluster,
    group: parseText(row.group),
    type: parseText(row.type),
    nodes: parseText(row.nodes),
    restricted: parseFlag(row.restricted),
    nofailback: parseFlag(row.nofailback),
    comment: parseText(row.comment),
    digest: parseText(row.digest),
  };
}

/** A rule. Pure. */
export function haRuleShape(cluster: string, row: Row) {
  return {
    cluster_name: cluster,
    rule: parseText(row.rule),
    type: parseText(row.type),
    affinity: parseText(row.affinity),
    nodes: parseText(row.nodes),
    resources: parseText(row.resources),
    strict: parseFlag(row.strict),
    disable: parseFlag(row.disable),
    comment: parseText(row.comment),
  };
}

/** The number of the guest that a service is, e.g. of `vm:100`; null for any other service. Pure. */
export function guestOfSid(sid: string | null): number | null {
  const [, vmid] = /^(?:vm|ct):(\d+)$/.exec(sid ?? "") ?? [];
  return vmid === undefined ? null : Number(vmid);
}
