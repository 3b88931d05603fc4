import { type Static, Type } from "@sinclair/typebox";

const id = Type.Integer({ minimum: 1 });
/** Unknown keys are ignored, because the plugin sends more than we know. */
const open = { additionalProperties: true };
const text = (maxLength: number, minLength = 0) => Type.String({ minLength, maxLength });
const optional = {
  text: Type.Optional(Type.Union([text(255), Type.Null()])),
  secret: Type.Optional(Type.Union([text(1000), Type.Null()])),
  id: Type.Optional(Type.Union([id, Type.Null()])),
  flag: Type.Optional(Type.Boolean()),
};
const amount = (minimum: number, maximum: number, whole = true) =>
  Type.Optional(
    Type.Union([whole ? Type.Integer({ minimum, maximum }) : Type.Number({ minimum, maximum }), Type.Null()]),
  );

const proxmoxOptional = {
  domain: optional.text,
  password: optional.secret,
  token_name: optional.text,
  token_value: optional.secret,
  verify_ssl: optional.flag,
  tls_ca: Type.Optional(Type.Union([text(100_000), Type.Null()], { description: "PEM of the authority to trust." })),
  tls_fingerprint: Type.Optional(Type.Union([text(100), Type.Null()], { description: "SHA-256 of the certificate." })),
  enabled: optional.flag,
  allow_writes: optional.flag,
  allow_packer_template_builds: optional.flag,
  access_methods: Type.Optional(Type.Union([Type.Literal("api"), Type.Literal("api_ssh")])),
  site_id: optional.id,
  site_slug: optional.text,
  site_name: optional.text,
  tenant_id: optional.id,
  tenant_slug: optional.text,
  tenant_name: optional.text,
  timeout: amount(1, 3600),
  max_retries: amount(0, 100),
  retry_backoff: amount(0, 300, false),
  node_device_name_template: Type.Optional(text(255)),
};
const proxmoxRequired = {
  // 255 in NetBox, and the plugin's suffix ` (nb:<pk>)`.
  name: text(300, 1),
  ip_address: text(45, 1),
  port: Type.Integer({ minimum: 1, maximum: 65_535 }),
  username: text(255, 1),
};

/**
 * Body of `POST /proxmox/endpoints`. There are no schema defaults, so that the same fields serve a partial PUT.
 */
export const ProxmoxEndpointInput = Type.Object(
  { ...proxmoxRequired, ...proxmoxOptional },
  { $id: "ProxmoxEndpointInput", ...open },
);
export type ProxmoxEndpointInput = Static<typeof ProxmoxEndpointInput>;

/** Body of `PUT /proxmox/endpoints/{id}`: a key that is absent keeps its stored value. */
export const ProxmoxEndpointChange = Type.Partial(ProxmoxEndpointInput, { $id: "ProxmoxEndpointChange", ...open });
export type ProxmoxEndpointChange = Static<typeof ProxmoxEndpointChange>;

const shown = {
  text: Type.Union([Type.String(), Type.Null()]),
  number: Type.Union([Type.Number(), Type.Null()]),
};

/** A Proxmox endpoint as it is shown: without user secrets and without the token's name. */
export const ProxmoxEndpointView = Type.Object(
  {
    id,
    name: Type.String(),
    ip_address: Type.String(),
    domain: shown.text,
    port: Type.Integer(),
    username: Type.String(),
    verify_ssl: Type.Boolean(),
    enabled: Type.Boolean(),
    allow_writes: Type.Boolean(),
    allow_packer_template_builds: Type.Boolean(),
    access_methods: Type.String(),
    site_id: shown.number,
    site_slug: shown.text,
    site_name: shown.text,
    tenant_id: shown.number,
    tenant_slug: shown.text,
    tenant_name: shown.text,
    timeout: shown.number,
    max_retries: shown.number,
    retry_backoff: shown.number,
    node_device_name_template: Type.String(),
    tls_ca: shown.text,
    tls_fingerprint: shown.text,
  },
  { $id: "ProxmoxEndpointView", additionalProperties: false },
);
export type ProxmoxEndpointView = Static<typeof ProxmoxEndpointView>;

/** Body of `POST /netbox/endpoint`; unknown keys are ignored. */
export const NetBoxEndpointInput = Type.Object(
  {
    name: text(255, 1),
    ip_address: text(45, 1),
    domain: Type.Optional(text(255)),
    port: Type.Optional(Type.Integer({ minimum: 1, maximum: 65_535 })),
    token_version: Type.Optional(Type.String({ maxLength: 10, description: "v1 or v2; default v1." })),
    token_key: optional.secret,
    token: text(1000),
    verify_ssl: optional.flag,
    enabled: optional.flag,
  },
  { $id: "NetBoxEndpointInput", ...open },
);
export type NetBoxEndpointInput = Static<typeof NetBoxEndpointInput>;

/** Body of `PUT /netbox/endpoint/{id}`: a key that is absent keeps its stored value. */
export const NetBoxEndpointChange = Type.Partial(NetBoxEndpointInput, { $id: "NetBoxEndpointChange", ...open });
export type NetBoxEndpointChange = Static<typeof NetBoxEndpointChange>;

/** The NetBox endpoint as it is shown: without its token. */
export const NetBoxEndpointView = Type.Object(
  {
    id,
    name: Type.String(),
    ip_address: Type.String(),
    domain: Type.String(),
    port: Type.Integer(),
    token_version: Type.String(),
    verify_ssl: Type.Boolean(),
    enabled: Type.Boolean(),
  },
  { $id: "NetBoxEndpointView", additionalProperties: false },
);
export type NetBoxEndpointView = Static<typeof NetBoxEndpointView>;

/** Query of both lists of endpoints. */
export const EndpointListQuery = Type.Object(
  {
    offset: Type.Optional(Type.Integer({ minimum: 0 })),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100 })),
  },
  open,
);

/** Answer of `GET /auth/bootstrap-status`; the two are always opposite. */
export const BootstrapStatus = Type.Object(
  { needs_bootstrap: Type.Boolean(), has_db_keys: Type.Boolean() },
  { $id: "BootstrapStatus", additionalProperties: false },
);
export type BootstrapStatus = Static<typeof BootstrapStatus>;

/** Body of `POST /auth/register-key`. */
export const KeyRegistration = Type.Object(
  { api_key: Type.String(), label: Type.Optional(text(255)) },
  { $id: "KeyRegistration", ...open },
);

const keyFields = {
  id,
  label: Type.String(),
  is_active: Type.Boolean(),
  created_at: Type.Number({ description: "Seconds since 1970." }),
};

/** An API key as it is shown: never the key. */
export const ApiKeyView = Type.Object(keyFields, { $id: "ApiKeyView", additionalProperties: false });
export type ApiKeyView = Static<typeof ApiKeyView>;

/** A new API key: the one answer that holds it. */
export const NewApiKey = Type.Object(
  { ...keyFields, raw_key: Type.String() },
  { $id: "NewApiKey", additionalProperties: false },
);
export type NewApiKey = Static<typeof NewApiKey>;

/** Answer of `GET /auth/keys`, newest first. */
export const ApiKeyList = Type.Object(
  { keys: Type.Array(ApiKeyView) },
  { $id: "ApiKeyList", additionalProperties: false },
);
export type ApiKeyList = Static<typeof ApiKeyList>;
