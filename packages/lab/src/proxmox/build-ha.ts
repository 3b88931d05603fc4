import type { EstateGuest, EstateHa } from "./estate.ts";

/**
 * High availability of a cluster: its first guests are kept available. The first cluster of an estate still has groups, in the
 * others rules have taken their place.
 */
export function buildHa(cluster: number, guests: readonly EstateGuest[], nodes: readonly string[]): EstateHa {
  const kept = nodes.length > 1 ? guests.filter(({ template }) => !template).slice(0, 2) : [];
  const sids = kept.map(({ type, vmid }) => `${type === "qemu" ? "vm" : "ct"}:${vmid}`);
  const [first, second] = nodes;
  const migrated = cluster > 0;
  return {
    resources: sids.map((sid, at) => ({
      sid,
      type: sid.split(":")[0],
      state: "started",
      max_restart: 1,
      max_relocate: 1,
      ...(at === 0 ? { comment: "Never down", failback: 1 } : {}),
      ...(at === 0 && !migrated ? { group: "preferred" } : {}),
    })),
    groups: migrated
      ? null
      : [{ group: "preferred", type: "group", nodes: `${first}:2,${second ?? first}:1`, restricted: 0, nofailback: 1 }],
    rules: migrated
      ? [{ rule: "stay", type: "node-affinity", nodes: `${first}:2`, resources: sids.join(","), strict: 0, order: 1 }]
      : [],
  };
}
