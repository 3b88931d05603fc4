import { Refusal } from "../errors.ts";
import type { Derive, Json, Lookup, Row, Rule } from "../model.ts";

const NODES = "plugins/proxbox/proxmox-nodes";
const CLUSTERS = "plugins/proxbox/proxmox-clusters";

/** What is said of a second sync-state row for one object. */
export const TAKEN = "This object already has a Proxbox sync-state row.";

/** One sync-state row per object: a second one is 409, and a row never moves to another object. */
export const oneRowPer =
  (path: string, parent: string): Rule =>
  ({ row, before, lookup }) => {
    const other = lookup.having(path, parent, row[parent] ?? null).find((entry) => entry.id !== row.id);
    if (other && ownedByAnother(other, row)) throw ownershipConflict();
    if (other) throw new Refusal(409, { [parent]: TAKEN });
    return before && before[parent] !== row[parent]
      ? { [parent]: ["The sync-state parent cannot be changed."] }
      : undefined;
  };

const RELATIONS = ["endpoint", "proxmox_node", "proxmox_cluster"];

/** The relations of a row with what a node or a cluster fills in. */
const relationsOf = (row: Row, lookup: Lookup) => {
  const node = lookup.get(NODES, row.proxmox_node);
  const cluster = lookup.get(CLUSTERS, row.proxmox_cluster ?? node?.proxmox_cluster);
  const endpoint = row.endpoint ?? node?.endpoint ?? cluster?.endpoint ?? null;
  return { node, cluster, endpoint };
};

/** A node belongs to the endpoint, a cluster to the node and the endpoint; looked at whenever one of them is sent. */
export const relationsAgree: Rule = ({ row, given, lookup }) => {
  if (!RELATIONS.some((name) => name in given)) return undefined;
  const { node, cluster, endpoint } = relationsOf(row, lookup);
  const errors: Record<string, Json> = {};
  if (node && node.endpoint !== endpoint) {
    errors.proxmox_node = ["Node endpoint must match the sync-state endpoint."];
  }
  if (cluster && cluster.endpoint !== endpoint) {
    errors.proxmox_cluster = ["Cluster endpoint must match the sync-state endpoint."];
  } else if (cluster && node && node.proxmox_cluster !== cluster.id) {
    errors.proxmox_cluster = ["Cluster must match the selected node's Proxmox cluster."];
  }
  return Object.keys(errors).length > 0 ? errors : undefined;
};

/** The node of a device's row is linked to that device, at every write. */
export const nodeIsOfDevice: Rule = ({ row, lookup }) => {
  const node = lookup.get(NODES, row.proxmox_node);
  return node && node.netbox_device !== row.device
    ? { proxmox_node: ["Proxmox node must be linked to the sync-state device."] }
    : undefined;
};

/** The Proxmox cluster of a cluster's row is linked to that cluster, at every write. */
export const clusterIsOfCluster: Rule = ({ row, lookup }) => {
  const cluster = lookup.get(CLUSTERS, row.proxmox_cluster);
  return cluster && cluster.netbox_cluster !== row.cluster
    ? { proxmox_cluster: ["Proxmox cluster must be linked to the sync-state cluster."] }
    : undefined;
};

/** A node fills in the endpoint and the cluster that were left out, a cluster the endpoint. */
export const fillRelations: Derive = ({ row, given, lookup }) => {
  const sent = (name: string) => (given[name] ?? null) !== null;
  if (!sent("proxmox_node") && !sent("proxmox_cluster")) return undefined;
  const { node, cluster, endpoint } = relationsOf(row, lookup);
  return { endpoint, ...(node && cluster ? { proxmox_cluster: cluster.id } : {}) };
};

const OWNER = "proxmox_endpoint_raw_id";

const ownershipConflict = () =>
  new Refusal(409, { [OWNER]: ["endpoint_ownership_conflict"], code: "endpoint_ownership_conflict" });

/** Whether a device's row belongs to another backend than the one that writes (plugin 0.0.29). */
const ownedByAnother = (stored: Row, row: Row): boolean =>
  "device" in row && (stored[OWNER] ?? null) !== null && (row[OWNER] ?? null) !== null && stored[OWNER] !== row[OWNER];

/** The first writer owns a device's row: another backend id, or none, is 409. */
export const endpointOwnsDevice: Rule = ({ row, before, given }) => {
  if (!before || !(OWNER in given) || before[OWNER] === null || before[OWNER] === row[OWNER]) return undefined;
  throw ownershipConflict();
};

/** What is said of a second guest interface for one interface of the VM. */
export const MAPPED =
  "This core VM interface is already mapped to another guest interface (one-to-one). A guest interface that shares a MAC with the Proxmox NIC (e.g. a VLAN sub-interface) must not claim the same core interface.";

/** A guest interface maps to an interface of its own VM that no other maps to. */
export const guestInterfaceMapping: Rule = ({ row, lookup }) => {
  const target = lookup.get("virtualization/interfaces", row.vm_interface);
  if (!target) return undefined;
  if (target.virtual_machine !== row.virtual_machine) {
    return {
      vm_interface: ["Mapped core VM interface must belong to the same virtual machine as the guest interface."],
    };
  }
  const others = lookup.having("plugins/proxbox/guest-vm-interfaces", "vm_interface", target.id);
  return others.some((other) => other.id !== row.id) ? { vm_interface: [MAPPED] } : undefined;
};

const NOT_ON_MACHINE =
  "IP address must be assigned to a VM interface on the same virtual machine as the guest interface.";

const NOT_ON_INTERFACE = "IP address must be the same object assigned to the mapped Proxmox core VM interface.";

/** The address of a guest interface is unassigned, or on what the interface maps to. */
export const guestAddressFits: Rule = ({ row, lookup }) => {
  const address = lookup.get("ipam/ip-addresses", row.ip_address);
  const guest = lookup.get("plugins/proxbox/guest-vm-interfaces", row.guest_interface);
  if (!address || !guest || address.assigned_object_id === null) return undefined;
  const holder: Row | undefined =
    address.assigned_object_type === "virtualization.vminterface"
      ? lookup.get("virtualization/interfaces", address.assigned_object_id)
      : undefined;
  if (guest.vm_interface === null) {
    return holder?.virtual_machine === guest.virtual_machine ? undefined : { ip_address: [NOT_ON_MACHINE] };
  }
  return holder?.id === guest.vm_interface ? undefined : { ip_address: [NOT_ON_INTERFACE] };
};

const NEITHER = "Provide either a domain or an IP address.";

/** An endpoint has a domain or an address, and its domain is one. */
export const endpointIsReachable: Rule = ({ row }) => {
  const domain = String(row.domain ?? "");
  if (/^[\d.]+$|:/.test(domain)) return { domain: [`${domain} is not a valid domain name`] };
  return row.ip_address === null && domain === "" ? { domain: [NEITHER], ip_address: [NEITHER] } : undefined;
};

/** A v2 token cannot be picked by its row: its secret is not retrievable. */
export const tokenIsUsable: Rule = ({ row, lookup }) =>
  lookup.get("users/tokens", row.token)?.version === 2
    ? {
        token: [
          "Selected NetBox v2 token cannot be used by this endpoint because its secret is not retrievable. Provide token_key and token_secret fields instead.",
        ],
      }
    : undefined;

/** The plugin registers its key with the backend before it saves; nothing listens behind the simulator. */
export const backendIsReached: Rule = ({ given }) =>
  "token" in given
    ? { token: ["The backend could not be reached; the previous API key was kept unchanged."] }
    : undefined;
