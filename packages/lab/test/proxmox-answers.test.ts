import { expect, test } from "bun:test";
import definitions from "../fixtures/proxmox/answers.json";
import { buildEstate } from "../src/proxmox/build-estate.ts";
import type { EstateCluster } from "../src/proxmox/estate.ts";
import { answer, findRoute, routes } from "../src/proxmox/routes.ts";

type Definition = {
  type: string;
  optional?: boolean;
  enum?: string[];
  pattern?: string;
  properties?: Record<string, Definition>;
  items?: Definition;
};

const [cluster] = buildEstate({ seed: 7, clusters: 1, nodes: 4, guests: 400, offlineNodes: 1 }).clusters as [
  EstateCluster,
];

test("every route has a definition and the other way round", () => {
  expect(Object.keys(routes).sort()).toEqual(Object.keys(definitions).sort());
});

test.each(Object.entries(definitions as Record<string, Definition>))(
  "%s answers as Proxmox VE 9.2",
  (template, definition) => {
    const paths = pathsOf(template);
    expect(paths.length).toBeGreaterThan(0);
    for (const path of paths) {
      const data = answer(cluster, { ...routeOf(path), path, query: new URLSearchParams() });
      const known = (fault: string) => extras[template]?.some((key) => fault.endsWith(`: ${key} is unknown`));
      const faults = faultsOf(JSON.parse(JSON.stringify(data)), definition, path);
      expect(faults.filter((fault) => !known(fault))).toEqual([]);
    }
  },
);

function routeOf(path: string) {
  const route = findRoute(path);
  if (!route) throw new Error(`No route answers ${path}.`);
  return route;
}

/** Keys that real servers send although their definition leaves them out. */
const extras: Record<string, string[]> = {
  "/nodes": ["id", "type"],
  "/nodes/{node}/status": ["uptime"],
  "/nodes/{node}/storage/{storage}/content": ["content", "subtype"],
  "/nodes/{node}/network": ["bridge_stp", "bridge_fd"],
  "/nodes/{node}/qemu/{vmid}/snapshot": ["digest", "running"],
  "/nodes/{node}/lxc/{vmid}/snapshot": ["digest", "running"],
  "/cluster/backup": ["type"],
  // Of groups, services and rules only the name is defined.
  "/cluster/ha/groups": ["digest", "nodes", "nofailback", "restricted", "type"],
  "/cluster/ha/resources": ["comment", "digest", "failback", "group", "max_relocate", "max_restart", "state", "type"],
};

/** The path itself, or one per node, storage, network and guest that can answer. */
function pathsOf(template: string): string[] {
  const online = new Set(cluster.nodes.filter((node) => node.online).map((node) => node.name));
  if (template.includes("{vnet}")) return cluster.sdn.vnets.map(({ vnet }) => template.replace("{vnet}", String(vnet)));
  if (template.includes("/firewall/groups/{group}"))
    return cluster.firewall.groups.map(({ group }) => template.replace("{group}", String(group.group)));
  if (template.startsWith("/cluster/firewall/ipset/"))
    return cluster.firewall.ipSets.map(({ set }) => template.replace("{name}", String(set.name)));
  if (template.endsWith("/content"))
    return [...online].map((node) => template.replace("{node}", node).replace("{storage}", "nfs-backup"));
  if (template.includes("{storage}"))
    return cluster.storages.map(({ storage }) => template.replace("{storage}", storage));
  if (!template.includes("{vmid}")) return [...online].map((node) => template.replace("{node}", node));
  const type = template.includes("/lxc/") ? "lxc" : "qemu";
  const agent = template.includes("/agent/");
  const guests = [...cluster.guests.values()].filter(
    (guest) =>
      guest.type === type &&
      online.has(guest.node) &&
      (!template.endsWith("/interfaces") || guest.status === "running") &&
      (!agent || (guest.status === "running" && guest.config.agent === "1")),
  );
  return guests.map(({ node, vmid }) =>
    template.replace("{node}", node).replace("{vmid}", `${vmid}`).replace("{name}", "ipfilter-net0"),
  );
}

function faultsOf(value: unknown, definition: Definition, at: string): string[] {
  if (definition.type === "any") return [];
  // What is a list of settings may also come as it was written: one text.
  if (definition.type === "object" && typeof value === "string" && /^[\w-]+=/.test(value)) return [];
  if (definition.type === "array") {
    if (!Array.isArray(value)) return [`${at}: no list`];
    return value.flatMap((entry, index) => faultsOf(entry, definition.items ?? { type: "any" }, `${at}[${index}]`));
  }
  if (definition.type === "object") {
    if (typeof value !== "object" || value === null) return [`${at}: no object`];
    return definition.properties ? propertyFaults(value as Record<string, unknown>, definition.properties, at) : [];
  }
  if (typeof value !== "string" && typeof value !== "number") return [`${at}: ${JSON.stringify(value)} is no scalar`];
  const text = String(value);
  if (definition.enum && !definition.enum.includes(text)) return [`${at}: ${text} is no choice`];
  if (definition.type === "integer" && !/^-?\d+$/.test(text)) return [`${at}: ${text} is no integer`];
  if (definition.type === "number" && !Number.isFinite(Number(text))) return [`${at}: ${text} is no number`];
  if (definition.type === "boolean" && !/^[01]$/.test(text)) return [`${at}: ${text} is no boolean`];
  if (definition.pattern && !new RegExp(`^${definition.pattern}$`).test(text))
    return [`${at}: ${text} breaks its pattern`];
  return [];
}

function propertyFaults(value: Record<string, unknown>, properties: Record<string, Definition>, at: string): string[] {
  const faults = Object.entries(properties)
    .filter(([key, { optional }]) => !optional && !key.includes("[n]") && value[key] === undefined)
    .map(([key]) => `${at}: ${key} is missing`);
  for (const [key, entry] of Object.entries(value)) {
    const property = properties[key] ?? properties[key.replace(/\d+$/, "[n]")];
    if (property) faults.push(...faultsOf(entry, property, `${at}.${key}`));
    // Of storages only the name is defined: the rest depends on their type.
    else if (!properties.storage || properties.vmid) faults.push(`${at}: ${key} is unknown`);
  }
  return faults;
}
