import { type Static, Type } from "@sinclair/typebox";

const closed = { additionalProperties: false };
const sealed = Type.String({ description: "Encrypted by the vault; empty: none." });
const optionalId = Type.Union([Type.Integer({ minimum: 1 }), Type.Null()]);
const optionalText = Type.Union([Type.String({ maxLength: 255 }), Type.Null()]);
const optionalNumber = (maximum: number, minimum = 0) => Type.Union([Type.Number({ minimum, maximum }), Type.Null()]);

/** A Proxmox endpoint as it is kept in PBX_CFG under `proxmox.<id>`: secrets only encrypted. */
export const StoredProxmoxEndpoint = Type.Object(
  {
    id: Type.Integer({ minimum: 1 }),
    name: Type.String(),
    ip_address: Type.String(),
    domain: optionalText,
    port: Type.Integer({ minimum: 1, maximum: 65535 }),
    username: Type.String({ description: "With realm, e.g. root@pam." }),
    password: sealed,
    token_name: optionalText,
    token_value: sealed,
    verify_ssl: Type.Boolean(),
    tls_ca: Type.Optional(Type.String({ description: "PEM of the authority that signed the server's certificate." })),
    tls_fingerprint: Type.Optional(
      Type.String({ description: "SHA-256 of the server's certificate, hex with or without colons." }),
    ),
    enabled: Type.Boolean(),
    allow_writes: Type.Boolean(),
    allow_packer_template_builds: Type.Boolean(),
    access_methods: Type.String(),
    site_id: optionalId,
    site_slug: optionalText,
    site_name: optionalText,
    tenant_id: optionalId,
    tenant_slug: optionalText,
    tenant_name: optionalText,
    timeout: optionalNumber(3600, 1),
    max_retries: optionalNumber(100),
    retry_backoff: optionalNumber(300),
    node_device_name_template: Type.String(),
  },
  { $id: "StoredProxmoxEndpoint", ...closed },
);
export type StoredProxmoxEndpoint = Static<typeof StoredProxmoxEndpoint>;

/** The NetBox endpoint as it is kept in PBX_CFG under `netbox.<id>`; there is at most one. */
export const StoredNetBoxEndpoint = Type.Object(
  {
    id: Type.Integer({ minimum: 1 }),
    name: Type.String(),
    ip_address: Type.String(),
    domain: Type.String(),
    port: Type.Integer({ minimum: 1, maximum: 65535 }),
    token_version: Type.Union([Type.Literal("v1"), Type.Literal("v2")]),
    token_key: sealed,
    token: sealed,
    verify_ssl: Type.Boolean(),
    enabled: Type.Boolean(),
  },
  { $id: "StoredNetBoxEndpoint", ...closed },
);
export type StoredNetBoxEndpoint = Static<typeof StoredNetBoxEndpoint>;

/** Keys in PBX_CFG, spelled only here. */
export const settingKeys = {
  proxmox: (id: number) => `proxmox.${id}`,
  proxmoxAll: "proxmox.*",
  netbox: (id: number) => `netbox.${id}`,
  netboxAll: "netbox.*",
  /** All API keys in one value, so that every change of them is one compare-and-set. */
  apiKeys: "apikeys",
  vaultCheck: "vault-check",
  throttle: (resource: string) => `throttle.${resource}`,
} as const;

/** Keys in PBX_RUN. */
export const runKeys = {
  index: (run: string) => `run.${run}`,
  indexAll: "run.*",
  cancel: (run: string) => `cancel.${run}`,
  cancelAll: "cancel.*",
  /**
   * A run that lasts only as long as somebody wants it: written again while one does. When it has not been for
   * `graceMs` of its value, the run is cancelled.
   */
  wanted: (run: string) => `wanted.${run}`,
  wantedAll: "wanted.*",
  /** The newest run for one wish of the plugin, so that asking again attaches to it. */
  wish: (hash: string) => `wish.${hash}`,
  wishAll: "wish.*",
  /** The newest run of a job of the plugin, which asks for one stage after the other: what is asked next may belong to it. */
  job: (hash: string) => `job.${hash}`,
  jobAll: "job.*",
  /** The one run at work: runs queue, because two would write the same NetBox. */
  active: "active",
} as const;

/** Keys in PBX_LEASE. */
export const leaseKeys = { throttle: "throttle-netbox" } as const;

/** A Proxmox endpoint's pk in NetBox, when its name ends in the plugin's suffix ` (nb:<pk>)`; else null. */
export function netboxPkOf(name: string): number | null {
  const match = /\(nb:(\d{1,9})\)\s*$/.exec(name);
  return match ? Number(match[1]) : null;
}

/** The name of a Proxmox endpoint as people know it: without the plugin's suffix. */
export function nameWithoutPk(name: string): string {
  return name.replace(/\s*\(nb:\d+\)\s*$/, "").trim() || name;
}
