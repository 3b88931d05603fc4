import { X509Certificate } from "node:crypto";
import type { StoredNetBoxEndpoint, StoredProxmoxEndpoint } from "@proxbox/contracts/endpoints";
import { netboxPkOf } from "@proxbox/contracts/endpoints";
import type { FieldFault } from "@proxbox/contracts/http";
import type {
  NetBoxEndpointChange,
  NetBoxEndpointInput,
  NetBoxEndpointView,
  ProxmoxEndpointChange,
  ProxmoxEndpointInput,
  ProxmoxEndpointView,
} from "@proxbox/contracts/http-settings";
import { badRequest, invalidField } from "../errors.ts";

/** Encrypts a secret. */
export type Seal = (text: string) => string;

/** What a Proxmox endpoint has when its first push does not say. */
const proxmoxDefaults = {
  domain: null,
  password: "",
  token_name: null,
  token_value: "",
  verify_ssl: true,
  enabled: true,
  allow_writes: false,
  allow_packer_template_builds: false,
  access_methods: "api",
  site_id: null,
  site_slug: null,
  site_name: null,
  tenant_id: null,
  tenant_slug: null,
  tenant_name: null,
  timeout: null,
  max_retries: null,
  retry_backoff: null,
  node_device_name_template: "",
} as const;

const settable = ["name", "ip_address", "port", "username", ...keysOf(proxmoxDefaults)] as const;

/**
 * A stored Proxmox endpoint with what a caller sent put in: keys that are absent keep their value, unknown ones are ignored.
 * Throws RequestError 400 or 422 when the credentials, the template or the trust do not hold together. Pure but for `seal`.
 */
export function changedProxmox(
  stored: StoredProxmoxEndpoint,
  sent: ProxmoxEndpointChange,
  seal: Seal,
): StoredProxmoxEndpoint {
  const apart = takenApart(sent);
  checkShown(apart);
  checkCredentials(apart);
  checkTemplate(sent.node_device_name_template, ["body", "node_device_name_template"]);
  const { password, token_value, tls_ca, tls_fingerprint, ...plain } = apart;
  const { tls_ca: oldCa, tls_fingerprint: oldFingerprint, ...base } = stored;
  return {
    ...base,
    ...pick(plain, settable),
    ...(password === undefined ? {} : { password: sealed(password, seal) }),
    ...(token_value === undefined ? {} : { token_value: sealed(token_value, seal) }),
    ...trust("tls_ca", tls_ca === undefined ? oldCa : authority(tls_ca)),
    ...trust("tls_fingerprint", tls_fingerprint === undefined ? oldFingerprint : fingerprint(tls_fingerprint)),
  };
}

/** A new Proxmox endpoint. Errors as for a change; also when it has no credentials at all. */
export function newProxmox(id: number, sent: ProxmoxEndpointInput, seal: Seal): StoredProxmoxEndpoint {
  const { name, ip_address, port, username } = sent;
  const complete = { ...sent, password: sent.password ?? null };
  return changedProxmox({ id, name, ip_address, port, username, ...proxmoxDefaults }, complete, seal);
}

/** What is shown of a Proxmox endpoint. */
export function viewOfProxmox(stored: StoredProxmoxEndpoint): ProxmoxEndpointView {
  const { password: _, token_value: __, token_name: ___, tls_ca = null, tls_fingerprint = null, ...shown } = stored;
  return { ...shown, tls_ca, tls_fingerprint };
}

/** The id for a new endpoint: the plugin's own number of it when that is free, else the next one. Pure. */
export function idFor(name: string, taken: readonly number[]): number {
  const wanted = netboxPkOf(name);
  return wanted && !taken.includes(wanted) ? wanted : Math.max(0, ...taken) + 1;
}

const netboxDefaults = { domain: "", port: 443, token_version: "v1", verify_ssl: true, enabled: true } as const;

/** A stored NetBox endpoint with what a caller sent put in. Throws RequestError 400. Pure but for `seal`. */
export function changedNetBox(
  stored: StoredNetBoxEndpoint,
  sent: NetBoxEndpointChange,
  seal: Seal,
): StoredNetBoxEndpoint {
  const token_version = (sent.token_version ?? stored.token_version).trim().toLowerCase();
  if (token_version !== "v1" && token_version !== "v2") throw badRequest("token_version must be v1 or v2.");
  const token = sent.token === undefined ? stored.token : sealed(sent.token.trim(), seal);
  const key = sent.token_key === undefined ? stored.token_key : sealed(sent.token_key?.trim() ?? null, seal);
  if (token === "") {
    throw badRequest("The NetBox endpoint has no token; choose or enter one for it in NetBox, then push it again.");
  }
  if (token_version === "v2" && key === "") {
    throw badRequest("A token of version 2 needs both its key (token_key) and its secret (token).");
  }
  const plain = pick(sent, ["name", "ip_address", ...keysOf(netboxDefaults)]);
  return { ...stored, ...plain, token_version, token, token_key: token_version === "v2" ? key : "" };
}

/** A new NetBox endpoint. Errors as for a change. */
export function newNetBox(id: number, sent: NetBoxEndpointInput, seal: Seal): StoredNetBoxEndpoint {
  const { name, ip_address } = sent;
  return changedNetBox({ id, name, ip_address, ...netboxDefaults, token: "", token_key: "" }, sent, seal);
}

/** What is shown of the NetBox endpoint. */
export function viewOfNetBox({ token: _, token_key: __, ...shown }: StoredNetBoxEndpoint): NetBoxEndpointView {
  return shown;
}

/**
 * A token that was pasted whole into one of its fields, `PVEAPIToken=user@realm!name=secret` as Proxmox VE wants it in a
 * header: its name is kept in clear, so the secret must not stay in it.
 */
function takenApart(sent: ProxmoxEndpointChange): ProxmoxEndpointChange {
  for (const text of [sent.token_value, sent.token_name]) {
    const [, token_name, token_value] =
      /^(?:PVEAPIToken=)?([^\s!=@]+@[^\s!=]+![^\s!=]+)=(\S+)$/.exec(text?.trim() ?? "") ?? [];
    if (token_name && token_value) return { ...sent, token_name, token_value };
  }
  return sent;
}

/** What is kept and shown in clear must not hold a secret that was pasted into the wrong field. */
function checkShown({ username, token_name, name, domain }: ProxmoxEndpointChange): void {
  const [wrong] = Object.entries({ username, token_name, name, domain }).find(([, text]) => holdsToken(text)) ?? [];
  if (wrong) throw badRequest(`${wrong} holds the secret of an API token; that belongs into token_value.`);
}

function holdsToken(text: string | null | undefined): boolean {
  return /PVEAPIToken=|@[^\s!=]+![^\s!=]+=\S/.test(text ?? "");
}

// Judged by what was sent, whenever any of the three was: a token's name without its value would pair with an old value.
function checkCredentials({ password, token_name, token_value }: ProxmoxEndpointChange): void {
  if (password === undefined && token_name === undefined && token_value === undefined) return;
  if (Boolean(token_name) !== Boolean(token_value)) {
    throw badRequest("token_name and token_value must be given together.");
  }
  if (!password && !token_name) throw badRequest("Give a password, or both token_name and token_value.");
}

const templateFields = ["node", "cluster", "cluster_slug", "endpoint"];

/** Throws RequestError 422, naming the field at `loc`, when a name of a device has a placeholder that is none. Pure. */
export function checkTemplate(template: string | undefined, loc: FieldFault["loc"]): void {
  const unknown = [...(template ?? "").matchAll(/\{([^{}]*)\}|[{}]/g)].find(
    ([, name]) => !templateFields.includes(name ?? ""),
  );
  // Without its node every device of a cluster would get the same name.
  if (template?.trim() && !unknown && !template.includes("{node}")) {
    throw invalidField(loc, "A template must have {node} in it.", template);
  }
  if (!unknown) return;
  const known = templateFields.map((name) => `{${name}}`).join(", ");
  const sentence = `${unknown[0]} is not known; a template may have ${known}.`;
  throw invalidField(loc, sentence, template);
}

const certificates = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

// Kept and shown in clear, so a private key that was pasted along is left out.
function authority(pem: string | null): string | undefined {
  if (!pem?.trim()) return undefined;
  const blocks = pem.match(certificates) ?? [];
  try {
    for (const block of blocks) new X509Certificate(block);
  } catch {
    blocks.length = 0;
  }
  if (blocks.length === 0) throw badRequest("tls_ca must be a certificate in PEM form.");
  return `${blocks.join("\n")}\n`;
}

function fingerprint(text: string | null): string | undefined {
  if (!text?.trim()) return undefined;
  const digits = text.replace(/[:\s]/g, "").toUpperCase();
  if (!/^[0-9A-F]{64}$/.test(digits))
    throw badRequest("tls_fingerprint must be the SHA-256 of the certificate: 64 hex digits.");
  return digits.replace(/(..)(?=.)/g, "$1:");
}

function trust<K extends string>(key: K, value: string | undefined): Partial<Record<K, string>> {
  return value === undefined ? {} : ({ [key]: value } as Record<K, string>);
}

function sealed(secret: string | null, seal: Seal): string {
  return secret ? seal(secret) : "";
}

function pick<T extends object, K extends string>(from: T, keys: readonly K[]): Pick<T, K & keyof T> {
  const wanted: readonly string[] = keys;
  const entries = Object.entries(from).filter(([key, value]) => wanted.includes(key) && value !== undefined);
  return Object.fromEntries(entries) as Pick<T, K & keyof T>;
}

function keysOf<T extends object>(value: T): (keyof T & string)[] {
  return Object.keys(value) as (keyof T & string)[];
}
