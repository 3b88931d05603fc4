/** How much the plugin depends on a call: it does not synchronise without it, a page breaks, or a companion does. */
export type Importance = "essential" | "expected" | "optional";

/** One call that the plugin makes: how it is written, how much depends on it, and whether it needs no key. */
type Row = { call: string; importance: Importance; open?: true };

/**
 * Every call that the NetBox plugin, 0.0.24 to 0.0.29.post6, makes or lets a browser make. `{...}` stands for a part of the
 * path; a call is held in contract.test.ts by the check of its name.
 */
export const rows = [
  { call: "GET /", importance: "essential", open: true },
  { call: "GET /health", importance: "essential", open: true },
  { call: "GET /version", importance: "essential" },
  { call: "GET /auth/bootstrap-status", importance: "essential", open: true },
  { call: "POST /auth/register-key", importance: "essential", open: true },
  { call: "GET /auth/keys", importance: "essential" },
  { call: "POST /auth/keys", importance: "expected" },
  { call: "GET /netbox/endpoint", importance: "essential" },
  { call: "POST /netbox/endpoint", importance: "essential" },
  { call: "PUT /netbox/endpoint/{id}", importance: "essential" },
  { call: "GET /proxmox/endpoints", importance: "essential" },
  { call: "GET /proxmox/endpoints/{id}", importance: "essential" },
  { call: "POST /proxmox/endpoints", importance: "essential" },
  { call: "PUT /proxmox/endpoints/{id}", importance: "essential" },
  { call: "GET /proxmox/api2/nodes/{node}/time", importance: "expected" },
  { call: "GET /proxmox/cluster/status", importance: "essential" },
  { call: "GET /proxmox/nodes/", importance: "essential" },
  { call: "GET /{stage}/stream", importance: "essential" },
  { call: "GET /proxmox/replication/stream", importance: "essential" },
  { call: "GET /proxmox/cluster/backup/stream", importance: "essential" },
  { call: "GET /proxmox/sdn/create/stream", importance: "expected" },
  { call: "GET /virtualization/virtual-machines/{id}/{stage}/stream", importance: "essential" },
  { call: "GET /sync/individual/{vm,backup,snapshot,storage,task-history,cluster,node}", importance: "essential" },
  { call: "GET /sync/individual/{interface,ip,disk,replication}", importance: "optional" },
  { call: "GET /proxmox/firewall/summary", importance: "expected" },
  { call: "GET /proxmox/firewall/nodes/{node}/rules", importance: "expected" },
  { call: "GET /proxmox/datacenter/cpu-models", importance: "expected" },
  { call: "GET /proxmox/cluster/resources", importance: "expected" },
  { call: "GET /proxmox/{node}/{type}/{vmid}/config", importance: "expected" },
  { call: "GET /proxmox/version", importance: "expected" },
  { call: "GET /proxmox/sessions", importance: "expected" },
  { call: "GET /proxmox/storage", importance: "expected" },
  { call: "GET /proxmox/nodes/{node}/storage/{storage}/content", importance: "expected" },
  { call: "GET /proxmox/nodes/{node}/qemu/{vmid}/firewall", importance: "expected" },
  { call: "GET /proxmox/cluster/ha/summary", importance: "expected" },
  { call: "GET /proxmox/cluster/ha/resources/by-vm/{vmid}", importance: "expected" },
  { call: "GET /openapi.json", importance: "expected", open: true },
  { call: "GET /extras/bootstrap-status", importance: "expected" },
  { call: "POST /extras/custom-fields/reconcile", importance: "expected" },
  { call: "GET /admin/logs", importance: "expected" },
  { call: "GET /admin/logs/stream", importance: "expected" },
  { call: "GET /full-update/stream", importance: "expected" },
  { call: "GET /netbox/status", importance: "expected" },
  { call: "GET /extras/extras/custom-fields/create", importance: "expected" },
  { call: "GET /pbs/status", importance: "optional" },
  { call: "POST /proxmox/{type}/{vmid}/{verb}", importance: "optional" },
  { call: "PUT /proxmox/{type}/{vmid}/tags", importance: "optional" },
  { call: "POST /proxmox/cluster/ha/{arm,disarm}", importance: "optional" },
  { call: "/proxmox/firewall/** (writes)", importance: "optional" },
  { call: "GET /proxmox/firewall/** (previews)", importance: "optional" },
  { call: "/cloud/**", importance: "optional" },
  { call: "GET /proxmox/datacenter/options", importance: "optional" },
  { call: "/ssh/**", importance: "optional" },
  { call: "/intent/**", importance: "optional" },
  { call: "GET /admin/encryption/status", importance: "optional" },
  { call: "POST /proxmox/console/browser-sessions", importance: "optional" },
  { call: "POST /proxmox/metrics/**", importance: "optional" },
  { call: "WS /ws", importance: "optional" },
  { call: "paths of proxbox_cli alone", importance: "optional" },
] as const satisfies readonly Row[];

/** A call as the table writes it. */
export type CallName = (typeof rows)[number]["call"];
