/** The rows of NetBox that tell which cluster and device stand for which Proxmox cluster and node. */
export type HostRows = {
  /** The plugin's Proxmox endpoints. */
  endpoints: { id: number; name: string; roles: DefaultRoles }[];
  proxmoxClusters: { id: number; endpoint: number; name: string; cluster: number | null }[];
  proxmoxNodes: ProxmoxNodeRow[];
  clusterStates: { cluster: number; name: string; proxmoxCluster: number | null }[];
  deviceStates: { device: number; node: string; cluster: string; endpoint: number | null }[];
  clusters: { id: number; name: string; site: number | null; ours: boolean }[];
  devices: { id: number; name: string; site: number; cluster: number | null; ours: boolean }[];
  /** Site and tenant each endpoint's owner chose, looked up; absent: none chosen, null: chosen and not found. */
  sites: Record<number, number | null>;
  tenants: Record<number, number | null>;
};

/** The plugin's row of a node. */
export type ProxmoxNodeRow = {
  id: number;
  endpoint: number;
  name: string;
  device: number | null;
  /** Of its certificate; "" when nobody told. */
  fingerprint: string;
  ip: string | null;
  /** The roles an operator chose for the machines on it. */
  roles: DefaultRoles;
};

/** Id of the role a machine gets, by the type of its guest; null: none chosen. */
export type DefaultRoles = { qemu: number | null; lxc: number | null };

type AnsweredRole = number | { id: number } | null;

/** The roles as rows of the plugin answer them: plugin 0.0.29 gives ids where other references are objects. */
export type DefaultRolesAnswer = { default_role_qemu: AnsweredRole; default_role_lxc: AnsweredRole };

/** The roles of such a row. */
export function rolesOf({ default_role_qemu: qemu, default_role_lxc: lxc }: DefaultRolesAnswer): DefaultRoles {
  const idOf = (role: AnsweredRole) => (typeof role === "object" ? (role?.id ?? null) : role);
  return { qemu: idOf(qemu), lxc: idOf(lxc) };
}

/** An endpoint of ours, enough to find its row in NetBox. */
export type EndpointName = {
  /** Without the plugin's suffix. */
  endpointName: string;
  /** Id of its row in NetBox as its name tells, if it does. */
  pluginEndpoint: number | null;
};

/** The plugin's row of an endpoint: the one its name tells of, else the only one of that name. */
export function pluginEndpointOf({ endpointName, pluginEndpoint }: EndpointName, rows: HostRows): number | null {
  if (pluginEndpoint !== null && rows.endpoints.some((row) => row.id === pluginEndpoint)) return pluginEndpoint;
  const named = rows.endpoints.filter((row) => row.name.toLowerCase() === endpointName.toLowerCase());
  return named.length === 1 && named[0] ? named[0].id : null;
}
