import { Refusal } from "../errors.ts";
import type { Derive, Row, Rule } from "../model.ts";

const NODES = "plugins/proxbox/proxmox-nodes";
const CLUSTERS = "plugins/proxbox/proxmox-clusters";

/** One sync-state row per object: a second one is 409, and a row never moves to another object. */
export const oneRowPer =
  (path: string, parent: string): Rule =>
  ({ row, before, lookup }) => {
    const other = lookup.having(path, parent, row[parent] ?? null).find((entry) => entry.id !== row.id);
    if (other) throw new Refusal(409, { [parent]: "This object already has a Proxbox sync-state row." });
    return before && before[parent] !== row[parent]
      ? { [parent]: ["The object of a sync-state row cannot be changed."] }
      : undefined;
  };

/** A node belongs to the endpoint, a cluster to the node and the endpoint. */
export const relationsAgree: Rule = ({ row, lookup }) => {
  const node = lookup.get(NODES, row.proxmox_node);
  const cluster = lookup.get(CLUSTERS, row.proxmox_cluster);
  const endpoint = row.endpoint ?? node?.endpoint ?? null;
  if (node && node.endpoint !== endpoint) {
    return { proxmox_node: ["The Proxmox node does not belong to the endpoint."] };
  }
  if (cluster && node && node.proxmox_cluster !== null && node.proxmox_cluster !== cluster.id) {
    return { proxmox_cluster: ["The Proxmox cluster is not that of the node."] };
  }
  return cluster && endpoint !== null && cluster.endpoint !== endpoint
    ? { proxmox_cluster: ["The Proxmox cluster does not belong to the endpoint."] }
    : undefined;
};

/** The node of a device's row is bound to that device. */
export const nodeIsOfDevice: Rule = ({ row, lookup }) => {
  const node = lookup.get(NODES, row.proxmox_node);
  return node && node.netbox_device !== row.device
    ? { proxmox_node: ["The Proxmox node is not bound to this device."] }
    : undefined;
};

/** The Proxmox cluster of a cluster's row is bound to that cluster. */
export const clusterIsOfCluster: Rule = ({ row, lookup }) => {
  const cluster = lookup.get(CLUSTERS, row.proxmox_cluster);
  return cluster && cluster.netbox_cluster !== row.cluster
    ? { proxmox_cluster: ["The Proxmox cluster is not bound to this cluster."] }
    : undefined;
};

/** A node fills in the endpoint and the cluster that were left out. */
export const fillFromNode: Derive = ({ row, given, lookup }) => {
  const node = "proxmox_node" in given ? lookup.get(NODES, row.proxmox_node) : undefined;
  if (!node) return undefined;
  return { endpoint: node.endpoint ?? null, proxmox_cluster: row.proxmox_cluster ?? node.proxmox_cluster ?? null };
};

/** The first writer owns a device's row (plugin 0.0.29): another backend id is 409. */
export const endpointOwnsDevice: Rule = ({ row, before, given }) => {
  const field = "proxmox_endpoint_raw_id";
  if (!before || !(field in given) || before[field] === null || before[field] === row[field]) return undefined;
  throw new Refusal(409, {
    detail: "This device belongs to another endpoint.",
    code: "endpoint_ownership_conflict",
  });
};

/** A guest interface maps to an interface of its own VM that no other maps to. */
export const guestInterfaceMapping: Rule = ({ row, lookup }) => {
  const target = lookup.get("virtualization/interfaces", row.vm_interface);
  if (!target) return undefined;
  if (target.virtual_machine !== row.virtual_machine) {
    return { vm_interface: ["The VM interface must belong to the same virtual machine."] };
  }
  const others = lookup.having("plugins/proxbox/guest-vm-interfaces", "vm_interface", target.id);
  return others.some((other) => other.id !== row.id)
    ? { vm_interface: ["This VM interface is already mapped to another guest interface."] }
    : undefined;
};

/** The address of a guest interface is unassigned, or on what the interface maps to. */
export const guestAddressFits: Rule = ({ row, lookup }) => {
  const address = lookup.get("ipam/ip-addresses", row.ip_address);
  const guest = lookup.get("plugins/proxbox/guest-vm-interfaces", row.guest_interface);
  if (!address || !guest || address.assigned_object_id === null) return undefined;
  const holder: Row | undefined =
    address.assigned_object_type === "virtualization.vminterface"
      ? lookup.get("virtualization/interfaces", address.assigned_object_id)
      : undefined;
  const fits =
    guest.vm_interface === null ? holder?.virtual_machine === guest.virtual_machine : holder?.id === guest.vm_interface;
  return fits ? undefined : { ip_address: ["The IP address is assigned to another interface."] };
};

/** An endpoint has a domain or an address, and its domain is one. */
export const endpointIsReachable: Rule = ({ row }) => {
  const domain = String(row.domain ?? "");
  if (/^[\d.]+$|:/.test(domain)) return { domain: [`${domain} is not a valid domain name`] };
  return row.ip_address === null && domain === ""
    ? { __all__: ["At least one of domain or IP address is required."] }
    : undefined;
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
