import type { HostBinding, SiteBinding } from "./bind.ts";
import { deviceNameOf, type HostFacts } from "./facts.ts";
import type { HostRows, ProxmoxNodeRow } from "./rows.ts";
import { type Kinship, ownersOf } from "./twins.ts";

/** Finds the device and the plugin's row of every node of one cluster; devices in `taken` stand for others. Pure. */
export function bindNodes(
  facts: HostFacts,
  kinship: Kinship,
  cluster: HostRows["clusters"][number] | null,
  site: SiteBinding,
  rows: HostRows,
  chosen: boolean,
  taken: Set<number>,
): HostBinding["nodes"] {
  const bound: HostBinding["nodes"] = {};
  const general = rows.endpoints.find((row) => row.id === kinship.pluginEndpoint)?.roles;
  for (const node of facts.nodes) {
    const row = nodeRowOf(node.name, kinship, rows);
    const device =
      linkedDevice(node.name, row, kinship, rows, taken) ??
      deviceByName(facts, node.name, kinship, cluster, site, rows, taken);
    if (device) taken.add(device.id);
    const wanted = deviceNameOf(facts, node.name);
    const rename = device !== null && device.name !== wanted && device.name === node.name;
    const clash =
      device === null &&
      "id" in site &&
      rows.devices.some((other) => other.site === site.id && other.name.toLowerCase() === wanted.toLowerCase());
    const name =
      device && !rename ? device.name : clash ? `${wanted.slice(0, 40)} (${facts.cluster.name.slice(0, 20)})` : wanted;
    // A cluster without a site takes devices of any site, so a device stays where it is.
    const own: SiteBinding = device && cluster && cluster.site === null && !chosen ? { id: device.site } : site;
    bound[node.name] = {
      device: device?.id ?? null,
      proxmoxNode: row?.id ?? null,
      name,
      rename,
      site: own,
      roles: { qemu: row?.roles.qemu ?? general?.qemu ?? null, lxc: row?.roles.lxc ?? general?.lxc ?? null },
    };
  }
  return bound;
}

/** The plugin's rows of this endpoint whose nodes the cluster does not list any more. Pure. */
export function goneNodesOf(facts: HostFacts, pluginEndpoint: number | null, rows: HostRows): HostBinding["goneNodes"] {
  const present = new Set(facts.nodes.map((node) => node.name));
  return rows.proxmoxNodes
    .filter((row) => row.endpoint === pluginEndpoint && !present.has(row.name))
    .map(({ id, name, device: linked }) => {
      const device = rows.devices.find((row) => row.id === linked);
      return {
        proxmoxNode: id,
        name,
        device: device ? { id: device.id, name: device.name, ours: device.ours } : null,
      };
    });
}

function nodeRowOf(node: string, kinship: Kinship, rows: HostRows): ProxmoxNodeRow | null {
  for (const endpoint of ownersOf(kinship)) {
    const own = rows.proxmoxNodes.find((row) => row.endpoint === endpoint && row.name === node);
    if (own) return own;
  }
  return null;
}

function linkedDevice(
  node: string,
  row: ProxmoxNodeRow | null,
  kinship: Kinship,
  rows: HostRows,
  taken: ReadonlySet<number>,
) {
  const owners = ownersOf(kinship);
  const stated = rows.deviceStates.find(
    (state) => state.endpoint !== null && owners.includes(state.endpoint) && state.node === node,
  );
  const id = row?.device ?? stated?.device ?? null;
  return rows.devices.find((device) => device.id === id && !taken.has(device.id)) ?? null;
}

function deviceByName(
  facts: HostFacts,
  node: string,
  kinship: Kinship,
  cluster: HostRows["clusters"][number] | null,
  site: SiteBinding,
  rows: HostRows,
  taken: ReadonlySet<number>,
) {
  const owners = ownersOf(kinship);
  const names = new Set([node.toLowerCase(), deviceNameOf(facts, node).toLowerCase()]);
  const claimed = new Set<number | null>([
    ...rows.proxmoxNodes.filter((row) => !owners.includes(row.endpoint) || row.name !== node).map((row) => row.device),
    ...rows.deviceStates
      .filter((state) => state.endpoint !== null && !owners.includes(state.endpoint))
      .map((state) => state.device),
  ]);
  const free = rows.devices.filter(
    (row) => names.has(row.name.toLowerCase()) && !claimed.has(row.id) && !taken.has(row.id),
  );
  const stated = (row: { id: number }) =>
    rows.deviceStates.some(
      (state) =>
        state.device === row.id &&
        state.node === node &&
        state.cluster.toLowerCase() === facts.cluster.name.toLowerCase(),
    );
  const otherCluster = (row: { cluster: number | null }) => row.cluster !== null && row.cluster !== cluster?.id;
  return (
    free.find((row) => stated(row) && !otherCluster(row)) ??
    free.find((row) => cluster !== null && row.cluster === cluster.id) ??
    free.find((row) => "id" in site && row.site === site.id && !otherCluster(row)) ??
    free.find((row) => row.ours && !otherCluster(row)) ??
    null
  );
}
