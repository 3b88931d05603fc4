/** Everything behind all simulated endpoints. */
export type Estate = { clusters: EstateCluster[] };

/** One cluster, or one standalone node: what one endpoint shows. It may be changed between runs, see change.ts. */
export type EstateCluster = {
  name: string;
  /** What its endpoint is called in NetBox, whatever the cluster is called. */
  endpoint: string;
  /** Its place in the estate: part of the addresses behind it, so that they differ from endpoint to endpoint. */
  index: number;
  /** A standalone estate has exactly one node and no cluster of its own. */
  standalone: boolean;
  /** Configuration version of corosync. */
  version: number;
  nodes: EstateNode[];
  guests: Map<number, EstateGuest>;
  storages: EstateStorage[];
  /** `tag-style` of the datacenter options. */
  tagStyle: Record<string, string>;
  /** Backups and other volumes on its storages. */
  volumes: EstateVolume[];
  /** Jobs as GET /cluster/backup gives them. */
  backupJobs: Row[];
  /** Jobs as GET /cluster/replication gives them. */
  replications: Row[];
  sdn: EstateSdn;
  firewall: EstateFirewall;
  ha: EstateHa;
  /** CPU models as GET /cluster/qemu/custom-cpu-models gives them. */
  cpuModels: Row[];
  /** Comments of its pools, by name. */
  pools: Record<string, string | null>;
  /** What the token and the user may do everywhere, e.g. `VM.Audit`. */
  privileges: Set<string>;
  /** Guests that the token and the user may not see. */
  hidden: Set<number>;
  /** Storages that the token and the user may not see. */
  hiddenStorages: Set<string>;
};

/** A row of an answer, in the form of the API. */
export type Row = Record<string, unknown>;

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
  /** Its interfaces as GET /nodes/{node}/network gives them. */
  interfaces: Row[];
  /** Its tasks, in the order they began. */
  tasks: EstateTask[];
};

/** A task of a node. Without `endtime` it is still at work. Times are seconds since 1970. */
export type EstateTask = {
  upid: string;
  node: string;
  pid: number;
  pstart: number;
  starttime: number;
  endtime?: number;
  type: string;
  /** The vmid of a guest's task, something else, or "". */
  id: string;
  user: string;
  /** `OK`, `WARNINGS: 2` or what went wrong. */
  status?: string;
};

/** A volume on a storage, in the form of GET /nodes/{node}/storage/{storage}/content; `node` is null when it is shared. */
export type EstateVolume = { storage: string; node: string | null; row: Row & { volid: string; content: string } };

/** What GET /cluster/sdn/... shows; subnets by the name of their vnet. */
export type EstateSdn = {
  zones: Row[];
  vnets: Row[];
  subnets: Record<string, Row[]>;
  controllers: Row[];
  fabrics: Row[];
  fabricNodes: Row[];
  ipams: Row[];
  dns: Row[];
};

/** A firewall: of a datacenter, a node or a guest. */
export type EstateFirewall = {
  options: Row;
  rules: Row[];
  groups: { group: Row; rules: Row[] }[];
  ipSets: { set: Row; entries: Row[] }[];
  aliases: Row[];
};

/** What is kept available. `groups` is null where rules have taken their place. */
export type EstateHa = { resources: Row[]; groups: Row[] | null; rules: Row[] };

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
  /** What runs inside it. */
  system: GuestSystem;
  /** Whether an agent that is configured answers. */
  agentAnswers: boolean;
  snapshots: EstateSnapshot[];
};

/** The operating system in a guest. */
export type GuestSystem = { hostname: string | null; interfaces: SystemInterface[] };

/** An interface as the guest itself sees it; addresses like `10.0.0.5/24` and `fe80::1%eth0/64`. */
export type SystemInterface = { name: string; mac: string | null; addresses: string[] };

/** A snapshot of a guest; `snaptime` in seconds since 1970. */
export type EstateSnapshot = {
  name: string;
  description: string;
  snaptime: number;
  parent?: string;
  /** Of virtual machines: whether it holds the memory. */
  vmstate?: 0 | 1;
};

/** Options of a guest's configuration: numbers and texts mixed, as real servers send them. */
export type GuestOptions = Record<string, string | number>;

/** A storage definition of the cluster, in the form of GET /storage. */
export type EstateStorage = { storage: string; type: string } & Record<string, string | number>;

/** Whether an option of a guest switches something on. */
export function isOn(option: string | number | undefined): boolean {
  return /^(?:1|on|yes|true)\b|(?:^|,)enabled=1\b/.test(String(option ?? ""));
}
