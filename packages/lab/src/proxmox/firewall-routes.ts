import { buildOwnFirewall } from "./build-firewall.ts";
import type { EstateCluster, EstateFirewall, Row } from "./estate.ts";
import { guestAt, nodeOf, withDigest } from "./places.ts";
import { Refusal } from "./refusal.ts";
import type { Answer, Call } from "./routes.ts";

type FirewallAt = (cluster: EstateCluster, call: Call) => EstateFirewall;

const ofDatacenter: FirewallAt = (cluster) => cluster.firewall;
const ofNode: FirewallAt = (cluster, { params }) => buildOwnFirewall(`Node ${nodeOf(cluster, params.node).name}`);
const ofGuest =
  (type: "qemu" | "lxc"): FirewallAt =>
  (cluster, { params }) =>
    buildOwnFirewall(`Guest ${guestAt(cluster, params, type).vmid}`);

/** Everything below /firewall that can be asked with GET. */
export const firewallRoutes: Record<string, Answer> = {
  ...parts("/cluster/firewall", ofDatacenter),
  ...sets("/cluster/firewall", ofDatacenter),
  "/cluster/firewall/groups": ({ firewall }) => firewall.groups.map(({ group }) => withDigest(group)),
  "/cluster/firewall/groups/{group}": ({ firewall }, { params }) => {
    const found = firewall.groups.find(({ group }) => group.group === params.group);
    if (!found) throw new Refusal(500, `no such security group '${params.group}'`);
    return found.rules;
  },
  ...parts("/nodes/{node}/firewall", ofNode),
  ...parts("/nodes/{node}/qemu/{vmid}/firewall", ofGuest("qemu")),
  ...sets("/nodes/{node}/qemu/{vmid}/firewall", ofGuest("qemu")),
  ...parts("/nodes/{node}/lxc/{vmid}/firewall", ofGuest("lxc")),
  ...sets("/nodes/{node}/lxc/{vmid}/firewall", ofGuest("lxc")),
};

function parts(base: string, at: FirewallAt): Record<string, Answer> {
  return {
    [`${base}/rules`]: (cluster, call) => at(cluster, call).rules,
    [`${base}/options`]: (cluster, call) => at(cluster, call).options,
  };
}

function sets(base: string, at: FirewallAt): Record<string, Answer> {
  return {
    [`${base}/aliases`]: (cluster, call) => at(cluster, call).aliases.map(withDigest),
    [`${base}/ipset`]: (cluster, call) => at(cluster, call).ipSets.map(({ set }) => withDigest(set)),
    [`${base}/ipset/{name}`]: (cluster, call) => entriesOf(at(cluster, call), call.params.name ?? ""),
  };
}

function entriesOf({ ipSets }: EstateFirewall, name: string): Row[] {
  const found = ipSets.find(({ set }) => set.name === name);
  if (!found) throw new Refusal(500, `no such IPSet '${name}'`);
  return found.entries.map((entry) => ({ ...withDigest(entry) }));
}
