import * as resource from "@proxbox/proxmox/resources/firewall";
import { readListing } from "@proxbox/proxmox/resources/listing";
import { askClusters, askNode, namesOf, type Site } from "./ask-all.ts";
import { badQuestion, notThere } from "./failures.ts";
import { aliasShape, groupShape, ipSetShape, optionsShape, ruleShapes, summaryShape } from "./firewall-shape.ts";
import type { LiveHandler } from "./live.ts";
import { segmentOf, vmidOf, wordOf } from "./params.ts";

/** The datacenter's firewall of each endpoint. */
export const firewallSummary: LiveHandler = (live) =>
  askClusters(live, async ({ name, client, signal }) => {
    const of = resource.datacenterFirewall;
    const [rules, groups, ipSets, aliases, options] = await Promise.all([
      resource.readFirewallRules(client, of, signal),
      resource.readSecurityGroups(client, signal),
      resource.readIpSets(client, of, signal),
      resource.readFirewallAliases(client, of, signal),
      resource.readFirewallOptions(client, of, signal),
    ]);
    return summaryShape(name, { rules, groups, ipSets, aliases, options });
  });

const datacenterParts = ["rules", "groups", "ipsets", "aliases", "options"] as const;

/** One part of the datacenter's firewall, of all endpoints in one list; options are those of the first endpoint. */
export const firewallDatacenter: LiveHandler = async (live) => {
  const part = wordOf({ part: live.params.rest ?? "" }, "part", datacenterParts);
  const answers = await askClusters<unknown[]>(live, (site) =>
    part === "groups" ? groupsOf(site) : partOf(site, part, resource.datacenterFirewall, { zone: "datacenter" }),
  );
  return listOrFirst(part, answers);
};

/** The rules or options of a node's firewall. */
export const firewallNode: LiveHandler = async (live) => {
  const node = segmentOf(live.params, "node");
  const part = wordOf(live.params, "part", ["rules", "options"]);
  const answers = await askNode(live, node, (site) =>
    partOf(site, part, resource.nodeFirewall(node), { zone: "node", node }),
  );
  return listOrFirst(part, answers);
};

/** One part of a guest's firewall, wherever it is. */
export const firewallGuest: LiveHandler = async (live) => {
  const vmid = vmidOf(live.params);
  const part = wordOf(live.params, "part", ["rules", "ipsets", "aliases", "options"]);
  const asked = await askClusters(live, async (site) => {
    const { guests } = await readListing(site.client, site.signal);
    const guest = guests.find((each) => each.vmid === vmid);
    return guest
      ? [await partOf(site, part, resource.guestFirewall(guest), { zone: "vm", node: guest.node, vmid })]
      : [];
  });
  const answers = asked.flat();
  if (answers.length === 0) throw notThere(`There is no guest ${vmid} in ${namesOf(live)}.`);
  return listOrFirst(part, answers);
};

type Part = "rules" | "ipsets" | "aliases" | "options";
type Place = { zone: string; node?: string; vmid?: number };

async function partOf({ name, client, signal }: Site, part: Part, of: resource.FirewallOf, place: Place) {
  const known = { cluster_name: name, node: null, vmid: null, ...place };
  if (part === "rules")
    return ruleShapes(await resource.readFirewallRules(client, of, signal), { cluster: name, ...place });
  if (part === "ipsets")
    return (await resource.readIpSets(client, of, signal)).map((set) => ({ ...known, ...ipSetShape(set) }));
  if (part === "options")
    return [{ ...known, ...optionsShape(await resource.readFirewallOptions(client, of, signal)) }];
  const aliases = await resource.readFirewallAliases(client, of, signal);
  return aliases.flatMap((row) => {
    const alias = aliasShape(row);
    return alias ? [{ ...known, ...alias }] : [];
  });
}

async function groupsOf({ name, client, signal }: Site) {
  return (await resource.readSecurityGroups(client, signal)).map((group) => groupShape(group, name));
}

function listOrFirst(part: string, answers: readonly unknown[][]): unknown {
  const all = answers.flat();
  if (part !== "options") return all;
  if (all.length > 1) throw badQuestion("Options are those of one endpoint; say which by proxmox_endpoint_ids.");
  return all[0] ?? null;
}
