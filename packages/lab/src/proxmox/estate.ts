/** Everything behind all simulated endpoints. */
export type Estate = { clusters: EstateCluster[] };

/** One cluster, or one standalone node: what one endpoint shows. It may be changed between runs, see change.ts. */
export type EstateCluster = {
  name: string;
  /** A standalone estate has exactly one node and no cluster of its own. */
  standalone: boolean;
  /** Configuration version of corosync. */
  version: number;
  nodes: EstateNode[];
  guests: Map<number, EstateGuest>;
  storages: EstateStorage[];
  /** `tag-style` of the datacenter options. */
  tagStyle: Record<string, string>;
  /** Guests that the token and the user may not see. */
  hidden: Set<number>;
};

/** A node of a cluster. */
export type EstateNode = {
  name: string;
  id: number;
  ip: string;
  online: boolean;
  cpus: number;
  memoryBytes: number;
  /** SHA-256 fingerprint of its certificate. */
  fingerprint: string;
};

/** A guest. What Proxmox keeps in its configuration file is in `config`, in the form the API gives it. */
export type EstateGuest = {
  vmid: number;
  type: "qemu" | "lxc";
  node: string;
  /** Null: it never got one. */
  name: string | null;
  status: "running" | "stopped" | "paused";
  template: boolean;
  pool: string | null;
  config: GuestOptions;
};

/** Options of a guest's configuration: numbers and texts mixed, as real servers send them. */
export type GuestOptions = Record<string, string | number>;

/** A storage definition of the cluster, in the form of GET /storage. */
export type EstateStorage = { storage: string; type: string } & Record<string, string | number>;

/** Whether an option of a guest switches something on. */
export function isOn(option: string | number | undefined): boolean {
  return /^(?:1|on|yes|true)\b|(?:^|,)enabled=1\b/.test(String(option ?? ""));
}
