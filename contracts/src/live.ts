import { type Static, Type } from "@sinclair/typebox";
import { WireError } from "./errors.ts";

const closed = { additionalProperties: false };

/** Who is asked for a live read: Proxmox endpoints, each for itself, or NetBox. */
type LiveSource = "proxmox" | "netbox";

/**
 * How long a live read may take, in seconds: a little less than its caller waits. The cards of plugin 0.0.29.post6 wait
 * 5 s, its pages 8 s, its job 30 s; a page that asks for what the job asks for hangs up sooner, which ends the question.
 */
const livePatience = { card: 4.6, page: 7.6, job: 25 } as const;

/** One read of what Proxmox or NetBox has now: its path at the gateway, what it tells, and for whom (default: `page`). */
type LiveRead = {
  name: string;
  path: string;
  from: LiveSource;
  summary: string;
  patience?: keyof typeof livePatience;
};

/**
 * Every read that the gateway passes on to `inventory`, which has a handler for each name. `{...}` in a path becomes a
 * parameter of the same name; `*` is the rest of the path. Paths and answers are those that the NetBox plugin knows.
 */
export const liveReads = [
  {
    name: "version",
    path: "/proxmox/version",
    from: "proxmox",
    summary: "The version of each endpoint.",
    patience: "card",
  },
  {
    name: "sessions",
    path: "/proxmox/sessions",
    from: "proxmox",
    summary: "How each endpoint is reached.",
    patience: "card",
  },
  {
    name: "cluster-status",
    path: "/proxmox/cluster/status",
    from: "proxmox",
    summary: "Each endpoint's cluster with its nodes.",
    patience: "job",
  },
  {
    name: "cluster-resources",
    path: "/proxmox/cluster/resources",
    from: "proxmox",
    summary: "The guests, nodes, storages and networks of each endpoint.",
    patience: "job",
  },
  { name: "nodes", path: "/proxmox/nodes", from: "proxmox", summary: "The nodes of each endpoint.", patience: "job" },
  {
    name: "node-network",
    path: "/proxmox/nodes/{node}/network",
    from: "proxmox",
    summary: "The network interfaces of a node.",
  },
  { name: "node-config", path: "/proxmox/nodes/{node}/config", from: "proxmox", summary: "The settings of a node." },
  { name: "node-qemu", path: "/proxmox/nodes/{node}/qemu", from: "proxmox", summary: "The QEMU guests of a node." },
  {
    name: "guest-firewall",
    path: "/proxmox/nodes/{node}/{type}/{vmid}/firewall",
    from: "proxmox",
    summary: "The firewall of a guest.",
  },
  { name: "storage", path: "/proxmox/storage", from: "proxmox", summary: "The storages of each endpoint." },
  {
    name: "storage-content",
    path: "/proxmox/nodes/{node}/storage/{storage}/content",
    from: "proxmox",
    summary: "The volumes of a storage.",
  },
  {
    name: "guest-config",
    path: "/proxmox/{node}/{type}/{vmid}/config",
    from: "proxmox",
    summary: "The configuration of a guest.",
    patience: "job",
  },
  {
    name: "backup-jobs",
    path: "/proxmox/cluster/backup",
    from: "proxmox",
    summary: "The backup jobs of each endpoint.",
  },
  {
    name: "replication",
    path: "/proxmox/replication",
    from: "proxmox",
    summary: "The replication jobs of each endpoint.",
  },
  {
    name: "ha-summary",
    path: "/proxmox/cluster/ha/summary",
    from: "proxmox",
    summary: "High availability: status, groups, resources, rules.",
  },
  { name: "ha-status", path: "/proxmox/cluster/ha/status", from: "proxmox", summary: "Status of high availability." },
  { name: "ha-resources", path: "/proxmox/cluster/ha/resources", from: "proxmox", summary: "What is kept available." },
  { name: "ha-groups", path: "/proxmox/cluster/ha/groups", from: "proxmox", summary: "Groups of high availability." },
  { name: "ha-rules", path: "/proxmox/cluster/ha/rules", from: "proxmox", summary: "Rules of high availability." },
  {
    name: "ha-guest",
    path: "/proxmox/cluster/ha/resources/by-vm/{vmid}",
    from: "proxmox",
    summary: "A guest as a resource of high availability; null when it is none.",
  },
  {
    name: "firewall-summary",
    path: "/proxmox/firewall/summary",
    from: "proxmox",
    summary: "The datacenter firewall of each endpoint.",
    patience: "job",
  },
  {
    name: "firewall-datacenter",
    path: "/proxmox/firewall/datacenter/*",
    from: "proxmox",
    summary: "One part of the datacenter firewall: rules, groups, ipsets, aliases, options.",
    patience: "job",
  },
  {
    name: "firewall-node",
    path: "/proxmox/firewall/nodes/{node}/{part}",
    from: "proxmox",
    summary: "The firewall rules or options of a node.",
    patience: "job",
  },
  {
    name: "firewall-guest",
    path: "/proxmox/firewall/vms/{vmid}/{part}",
    from: "proxmox",
    summary: "One part of the firewall of a guest: rules, ipsets, aliases, options.",
    patience: "job",
  },
  {
    name: "cpu-models",
    path: "/proxmox/datacenter/cpu-models",
    from: "proxmox",
    summary: "The custom CPU models of each endpoint.",
    patience: "job",
  },
  {
    name: "datacenter-options",
    path: "/proxmox/datacenter/options",
    from: "proxmox",
    summary: "The datacenter options of each endpoint.",
  },
  {
    name: "sdn",
    path: "/proxmox/sdn/{part}",
    from: "proxmox",
    summary: "One part of software-defined networking: controllers, zones, vnets, subnets, fabrics.",
  },
  {
    name: "api2",
    path: "/proxmox/api2/*",
    from: "proxmox",
    summary: "Any read of the Proxmox API, of one endpoint.",
  },
  { name: "netbox-status", path: "/netbox/status", from: "netbox", summary: "The status that NetBox tells of itself." },
  { name: "netbox-openapi", path: "/netbox/openapi", from: "netbox", summary: "The OpenAPI document of NetBox." },
  {
    name: "netbox-machines",
    path: "/virtualization/virtual-machines",
    from: "netbox",
    summary: "The virtual machines of NetBox.",
    patience: "job",
  },
  {
    name: "netbox-machine",
    path: "/virtualization/virtual-machines/{id}",
    from: "netbox",
    summary: "One virtual machine of NetBox.",
  },
  {
    name: "netbox-check",
    path: "/extras/bootstrap-status",
    from: "netbox",
    summary: "Whether NetBox answers, knows the plugin, and lets our token see what a run reads.",
    patience: "card",
  },
] as const satisfies readonly LiveRead[];

/** How long the answer to a live read may take, in milliseconds. */
export function livePatienceMs(name: LiveReadName): number {
  const row: LiveRead | undefined = liveReads.find((entry) => entry.name === name);
  return livePatience[row?.patience ?? "page"] * 1_000;
}

/** The name of a live read. */
export type LiveReadName = (typeof liveReads)[number]["name"];

/** A question to `inventory`, by request and reply. */
export const LiveQuestion = Type.Object(
  {
    name: Type.String({ description: "Which of the live reads." }),
    endpoints: Type.Array(Type.Integer({ minimum: 1 }), {
      description: "Ids of the Proxmox endpoints that are meant; empty for a read of NetBox.",
    }),
    params: Type.Record(Type.String(), Type.String(), {
      description: "What stood in the path (`*` under rest) and in the query.",
    }),
  },
  { $id: "LiveQuestion", ...closed },
);
export type LiveQuestion = Static<typeof LiveQuestion>;

/** The answer: a body as the gateway sends it on, or why there is none and which HTTP status says so. */
export const LiveAnswer = Type.Union(
  [
    Type.Object({ status: Type.Literal(200), body: Type.Unknown() }, closed),
    Type.Object({ status: Type.Integer({ minimum: 400, maximum: 599 }), error: WireError }, closed),
  ],
  { $id: "LiveAnswer" },
);
export type LiveAnswer = Static<typeof LiveAnswer>;

/** Where questions are asked (core NATS); every replica of inventory listens in one queue group. */
export const liveSubject = "proxbox.ask.inventory";
