import { expect } from "bun:test";
import { readTimeZone } from "../../src/plugin/local-reads.ts";
import {
  firewallLists,
  isFlat,
  readClusterStatus,
  readCpuModels,
  readFirewall,
  readNodes,
  readResources,
  templatesOf,
} from "../../src/plugin/shapes.ts";
import * as change from "../../src/proxmox/change.ts";
import { bodyOf, type Checks, type ContractWorld, expectFields, listIn, listOf, scope } from "./world.ts";

const cluster = {
  type: "text",
  name: "text",
  id: "text",
  nodes: "integer",
  quorate: "boolean",
  node_list: "list",
} as const;
const member = {
  type: "text",
  name: "text",
  id: "text",
  nodeid: "integer",
  ip: "text",
  online: "boolean",
  local: "boolean",
  level: "text?",
} as const;

/** What a job reads itself before its stages. */
export const readChecks = {
  "GET /proxmox/api2/nodes/{node}/time": async ({ plugin }) => {
    const [endpoint] = plugin.endpoints;
    // Meant by the name of its row, also by one that was changed since: the number at its end counts.
    for (const name of [endpoint?.name, "renamed"])
      expect(await readTimeZone(plugin.backend, `${name} (nb:${endpoint?.pk})`, "pve1")).toMatch(/^\w+\/\w+$/);
  },
  "GET /proxmox/cluster/status": async (world) => {
    const { ask, ids, scene } = world;
    for (const [index, id] of ids.entries()) {
      const query = { proxmox_endpoint_ids: String(id) };
      const rows = listOf(await ask("GET", "/proxmox/cluster/status", { query }));
      expect(rows).toHaveLength(1);
      expectFields(rows[0], cluster);
      for (const node of listIn(rows[0], "node_list")) expectFields(node, member);
      const read = readClusterStatus(rows);
      const shown = scene.proxmox[index]?.cluster;
      // A node that stands alone is told as a cluster of one.
      expect(read.cluster?.name).toBe(shown?.name);
      const names = (shown?.nodes ?? []).map(({ name }) => name);
      expect(read.nodes.map(({ name }) => String(name)).sort()).toEqual(names.sort());
    }
    await withoutNode(world, async (name) => {
      const query = { proxmox_endpoint_ids: String(ids[0]) };
      const { nodes } = readClusterStatus(listOf(await ask("GET", "/proxmox/cluster/status", { query })));
      expect(nodes.find((node) => node.name === name)).toMatchObject({ online: false });
    });
    const all = listOf(await ask("GET", "/proxmox/cluster/status"));
    expect(all.map(({ name }) => name)).toEqual(scene.proxmox.map(({ cluster: shown }) => shown.name));
  },
  "GET /proxmox/nodes/": async (world) => {
    const { ask, ids, scene } = world;
    const query = { proxmox_endpoint_ids: String(ids[0]) };
    const entries = listOf(await ask("GET", "/proxmox/nodes/", { query }));
    const shown = scene.proxmox[0]?.cluster;
    for (const entry of entries) {
      expect(Object.keys(entry)).toEqual([shown?.name ?? ""]);
      const [row] = Object.values(entry);
      expectFields(row, { node: "text", status: "text", cpu: "number", maxcpu: "integer", mem: "integer" });
      expectFields(row, { maxmem: "integer", uptime: "integer", disk: "integer?", maxdisk: "integer?" });
      expectFields(row, { ssl_fingerprint: "text" });
    }
    const names = (shown?.nodes ?? []).map(({ name }) => name);
    expect(readNodes(entries).map(({ node }) => node)).toEqual(names);
    await withoutNode(world, async () => {
      const rest = listOf(await ask("GET", "/proxmox/nodes/", { query }));
      expect(readNodes(rest).map(({ node }) => node)).toEqual(names);
    });
  },
  "GET /proxmox/firewall/summary": async ({ ask, ids, scene }) => {
    const rows = listOf(await ask("GET", "/proxmox/firewall/summary", { query: scope(ids[0]) }));
    expect(rows).toHaveLength(1);
    expectFields(rows[0], { cluster_name: "text", options: "object" });
    for (const list of firewallLists) listIn(rows[0], list);
    for (const rule of listIn(rows[0], "rules")) expectFields(rule, { pos: "integer", type: "text", action: "text" });
    const [entry] = readFirewall(rows) ?? [];
    expect(entry?.cluster).toBe(scene.proxmox[0]?.cluster.name ?? "");
    const both = listOf(await ask("GET", "/proxmox/firewall/summary", { query: scope(...ids) }));
    expect(readFirewall(both)).toHaveLength(2);
  },
  "GET /proxmox/firewall/nodes/{node}/rules": async ({ ask, ids }) => {
    const rules = bodyOf<unknown>(await ask("GET", "/proxmox/firewall/nodes/pve1/rules", { query: scope(ids[0]) }));
    expect(rules).toBeArray();
    for (const rule of rules as unknown[]) expectFields(rule, { pos: "integer", type: "text" });
  },
  "GET /proxmox/datacenter/cpu-models": async ({ ask, ids }) => {
    const models = bodyOf<Record<string, unknown>[]>(
      await ask("GET", "/proxmox/datacenter/cpu-models", { query: scope(ids[0]) }),
    );
    expect(readCpuModels(models)).toBeArray();
    for (const model of models) expectFields(model, { cluster_name: "text", cputype: "text" });
  },
  "GET /proxmox/cluster/resources": async ({ ask, ids, scene, guests }) => {
    const query = { type: "vm", ...scope(ids[0]) };
    const [entry] = listOf(await ask("GET", "/proxmox/cluster/resources", { query }));
    const shown = scene.proxmox[0]?.cluster;
    expect(Object.keys(entry ?? {})).toEqual([shown?.name ?? ""]);
    const rows = readResources([entry]);
    expect(rows.map(({ vmid }) => vmid).sort()).toEqual([...(shown?.guests.keys() ?? [])].sort());
    expect(templatesOf(rows).map(({ vmid }) => vmid)).toContain(guests.template.vmid);
    for (const row of rows) expectFields(row, { node: "text", type: "text", vmid: "integer", status: "text" });
    const all = readResources(listOf(await ask("GET", "/proxmox/cluster/resources", { query: scope(ids[0]) })));
    expect([...new Set(all.map(({ type }) => String(type)))].sort()).toEqual(["lxc", "node", "qemu", "storage"]);
    expect(all.every(isFlat)).toBe(true);
  },
  "GET /proxmox/{node}/{type}/{vmid}/config": async ({ ask, ids, guests, plugin }) => {
    const [endpoint] = plugin.endpoints;
    const byName = { source: "database", name: `${endpoint?.name} (nb:${endpoint?.pk})` };
    for (const { node, type, vmid, config } of [guests.qemu, guests.lxc, guests.template]) {
      for (const query of [scope(ids[0]), byName]) {
        const read = bodyOf(await ask("GET", `/proxmox/${node}/${type}/${vmid}/config`, { query }));
        // Options that are a number or a switch come as such.
        for (const key of ["name", "hostname", "ostype", "net0", "scsi0", "rootfs", "tags"])
          expect(read[key]).toBe(config[key]);
        expect(read.memory).toBe(Number(config.memory));
      }
    }
  },
} satisfies Checks;

/** While the last node of the first endpoint is offline, which leaves out most of what it tells otherwise. */
async function withoutNode({ scene }: ContractWorld, work: (node: string) => Promise<void>): Promise<void> {
  const cluster = scene.proxmox[0]?.cluster;
  const node = cluster?.nodes.at(-1)?.name;
  if (!cluster || node === undefined) throw new Error("There is no node.");
  change.setOnline(cluster, node, false);
  try {
    await work(node);
  } finally {
    change.setOnline(cluster, node, true);
  }
}
