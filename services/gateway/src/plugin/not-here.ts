import { type Static, Type } from "@sinclair/typebox";

/** A method of HTTP, as a route has it. */
export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/** Routes of the plugin's dialect that this system does not have: why, and where the thing is done instead. */
export type NotHere = { methods: readonly Method[]; paths: readonly string[]; why: string; instead: string };

const readOnly = "Proxmox VE is read here and never changed";
const writes = ["POST", "PUT", "PATCH", "DELETE"] as const;
const all = ["GET", ...writes] as const;

/**
 * What the NetBox plugin (0.0.24 to 0.0.29.post6) or its command line can ask of proxbox-api and is not done here. `:name`
 * is one part of a path, `*` its rest.
 */
export const notHere = [
  {
    methods: ["POST"],
    paths: ["/proxmox/:type/:vmid/:verb"],
    why: `${readOnly}, so no guest is started, stopped, snapshotted or migrated`,
    instead: "Do it in Proxmox VE; the next run shows it in NetBox.",
  },
  {
    methods: ["PUT", "PATCH"],
    paths: ["/proxmox/:type/:vmid/tags"],
    why: `${readOnly}, so a guest's tags are not written`,
    instead: "Set the tags in Proxmox VE; a run brings them to NetBox.",
  },
  {
    methods: writes,
    paths: ["/proxmox/cluster/ha/*"],
    why: `${readOnly}, so high availability is neither armed nor disarmed`,
    instead: "Do it in Proxmox VE under Datacenter, HA.",
  },
  {
    methods: writes,
    paths: ["/proxmox/firewall/*"],
    why: `${readOnly}, so nothing is pushed to its firewall`,
    instead: "Change the firewall in Proxmox VE; the next job shows it in NetBox.",
  },
  {
    methods: ["GET"],
    paths: ["/proxmox/firewall/vnets/*"],
    why: "The firewall of virtual networks is not read by a route of its own",
    instead: "GET /proxmox/api2/cluster/sdn/vnets/{vnet}/firewall/rules has it.",
  },
  {
    methods: writes,
    paths: ["/proxmox/api2/*"],
    why: `${readOnly}, so only GET is passed on to its API`,
    instead: "Call the API of Proxmox VE itself.",
  },
  {
    methods: ["POST"],
    paths: ["/proxmox/console/browser-sessions"],
    why: "No consoles are opened here",
    instead: "Open the console in Proxmox VE.",
  },
  {
    methods: all,
    paths: ["/proxmox/metrics/*"],
    why: "Metrics of guests are not kept here",
    instead: "Ask the metric server that Proxmox VE writes to, or its page Summary.",
  },
  {
    methods: all,
    paths: ["/proxmox/viewer/*"],
    why: "No code or schema is generated here",
    instead:
      "The schema of the Proxmox VE API is at https://pve.proxmox.com/pve-docs/api-viewer/; ours is /openapi.json.",
  },
  {
    methods: ["GET"],
    paths: ["/proxmox/access", "/proxmox/cluster", "/proxmox/nodes/:node/lxc"],
    why: "This part of the Proxmox VE API has no route of its own",
    instead: "GET /proxmox/api2/{path} has every read of that API, for one endpoint.",
  },
  {
    methods: ["GET"],
    paths: ["/proxmox/cluster/ha/crs", "/proxmox/cluster/ha/manager-status", "/proxmox/sdn/fabrics/all"],
    why: "This part of the Proxmox VE API has no route of its own",
    instead: "GET /proxmox/api2/cluster/ha/status/manager_status and /proxmox/api2/cluster/sdn/fabrics/all have it.",
  },
  {
    methods: all,
    paths: ["/cloud/*"],
    why: "No guests, templates or images are made here",
    instead: "Make them in Proxmox VE; the next run brings them to NetBox.",
  },
  {
    methods: all,
    paths: ["/ssh/*"],
    why: "No terminals are opened and no host keys are read here",
    instead: "Use ssh from your own machine; ssh-keyscan shows the key of a host.",
  },
  {
    methods: all,
    paths: ["/intent/*"],
    why: `${readOnly}, so what is planned in NetBox is not carried out, and nothing is deleted`,
    instead: "Do it in Proxmox VE; the next run shows it in NetBox.",
  },
  {
    methods: all,
    paths: ["/pbs/*", "/pdm/*", "/ceph/*", "/storage/pbs"],
    why: "Proxmox Backup Server, Datacenter Manager and Ceph are not asked",
    instead:
      "Backups on Proxmox Backup Server come to NetBox by the storages of Proxmox VE; the rest has its own pages.",
  },
  {
    methods: ["POST", "DELETE"],
    paths: ["/admin/encryption/key", "/admin/encryption/generate"],
    why: "The key of the stored secrets belongs to the environment of all processes, and what is stored is bound to it",
    instead: "Set PROXBOX_ENCRYPTION_KEY before the first start; openssl rand -base64 32 makes one.",
  },
  {
    methods: ["GET"],
    paths: ["/admin"],
    why: "There is no page of the endpoints here",
    instead: "GET /proxmox/endpoints and GET /netbox/endpoint list them; in NetBox they are under Plugins, Proxbox.",
  },
  {
    methods: ["GET"],
    paths: ["/proxbox/settings", "/proxbox/netbox/*"],
    why: "The settings of the plugin are NetBox's own and are not repeated here",
    instead: "GET /api/plugins/proxbox/settings/ of NetBox has them.",
  },
  {
    methods: ["GET"],
    paths: ["/virtualization/cluster-types/create", "/virtualization/clusters/create"],
    why: "Clusters and their types are not made by a route of their own (not implemented)",
    instead: "The stage devices makes them: GET /dcim/devices/create/stream.",
  },
  {
    methods: ["GET"],
    paths: [
      "/virtualization/virtual-machines/:id/summary",
      "/virtualization/virtual-machines/summary/example",
      "/virtualization/virtual-machines/create-test",
    ],
    why: "Summaries and samples of machines are not made here (not implemented)",
    instead: "GET /virtualization/virtual-machines/{id} has the machine as NetBox has it.",
  },
  {
    methods: ["GET"],
    paths: ["/virtualization/virtual-machines/orphans/sweep", "/virtualization/virtual-machines/orphans/sweep/stream"],
    why: "Machines whose guest is gone are not swept by a route of their own",
    instead: "Ask for a run with the option delete_orphans: POST /runs.",
  },
] as const satisfies readonly NotHere[];

const word = Type.Literal("not_supported");

/** The body of the answer 501: the sentence and the word stand under every name that one of the callers shows. */
export const NotHereBody = Type.Object(
  {
    detail: Type.String({ description: "The sentence, as nearly every page of the plugin reads it." }),
    message: Type.String(),
    reason: word,
    // Neither `ok` nor `skipped`: both would be taken for a success.
    status: word,
    code: word,
    python_exception: Type.Null(),
    next: Type.String({ description: "Where it is done instead." }),
  },
  { $id: "NotHere", additionalProperties: false },
);
export type NotHereBody = Static<typeof NotHereBody>;

/** What is answered where a row of `notHere` fits. Pure. */
export function notHereBody({ why, instead }: Pick<NotHere, "why" | "instead">): NotHereBody {
  const sentence = `${why}. ${instead}`;
  return {
    detail: sentence,
    message: sentence,
    reason: "not_supported",
    status: "not_supported",
    code: "not_supported",
    python_exception: null,
    next: instead,
  };
}
