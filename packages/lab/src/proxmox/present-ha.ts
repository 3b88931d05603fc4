import type { EstateCluster, EstateGuest, Row } from "./estate.ts";

/** The rows of GET /cluster/ha/status/current: quorum, managers and services. */
export function haStatusRows(cluster: EstateCluster): Row[] {
  const { nodes, ha } = cluster;
  const up = nodes.filter((node) => node.online);
  const master = up[0]?.name ?? "";
  const quorate = up.length * 2 > nodes.length ? 1 : 0;
  const quorum = { id: "quorum", type: "quorum", node: master, status: quorate ? "OK" : "No quorum on node", quorate };
  if (ha.resources.length === 0) return [quorum];
  return [
    quorum,
    { id: "master", type: "master", node: master, status: `${master} (active)`, timestamp: 1_790_000_000 },
    ...nodes.map(({ name, online }) => ({
      id: `lrm:${name}`,
      type: "lrm",
      node: name,
      status: online ? `${name} (active)` : `${name} (old timestamp - dead?)`,
      timestamp: 1_790_000_000,
    })),
    ...ha.resources.map((resource) => serviceRow(resource, guestOf(cluster, String(resource.sid)))),
  ];
}

function serviceRow({ sid, max_restart, max_relocate }: Row, guest: EstateGuest | undefined): Row {
  const node = guest?.node ?? "";
  const known = { crm_state: "started", request_state: "started", state: "started", max_restart, max_relocate };
  return { id: `service:${sid}`, type: "service", sid, node, status: `${sid} (${node}, started)`, ...known };
}

function guestOf({ guests }: EstateCluster, sid: string): EstateGuest | undefined {
  return guests.get(Number(sid.split(":")[1]));
}
