import type { PluginRelease } from "../netbox/models/plugin-parts.ts";
import type { SimulatedNetBox } from "../netbox/server.ts";
import { credentials } from "../proxmox/login.ts";
import type { SimulatedProxmox } from "../proxmox/server.ts";
import type { Backend } from "./backend.ts";
import { type EndpointPush, endpointPush } from "./endpoint-push.ts";
import type { PluginEndpoint, PluginNetBox } from "./endpoint-rows.ts";
import type { Wait } from "./keys.ts";
import type { ReaderOptions } from "./sse-reader.ts";

/** A NetBox with a release of the plugin, and the backend it was told to use. */
export type Plugin = {
  readonly release: PluginRelease;
  readonly backend: Backend;
  readonly netbox: SimulatedNetBox;
  /** What it tells the backend of NetBox, and of Proxmox; an operator may change it. */
  readonly own: PluginNetBox;
  readonly endpoints: PluginEndpoint[];
  readonly push: EndpointPush;
  /** Its pauses between tries; a test makes them shorter. */
  readonly wait: Wait;
  readonly reader: ReaderOptions;
  readonly signal: AbortSignal | undefined;
};

/** How a plugin is set up. */
export type PluginOptions = {
  release: PluginRelease;
  backend: Backend;
  netbox: SimulatedNetBox;
  proxmox: readonly SimulatedProxmox[];
  /** By what its pauses are multiplied; default 0.005, so that 8 s become 40 ms. */
  pace?: number;
  reader?: ReaderOptions;
  signal?: AbortSignal;
};

/** Sets up a plugin as an operator does: NetBox and each endpoint are entered in its forms, and nothing is pushed yet. */
export function setUpPlugin({
  release,
  backend,
  netbox,
  proxmox,
  pace = 0.005,
  reader = {},
  signal,
}: PluginOptions): Plugin {
  const { hostname, port } = new URL(netbox.url);
  return {
    release,
    backend,
    netbox,
    own: {
      name: "NetBox",
      domain: "",
      ip: hostname,
      port: Number(port),
      verifySsl: false,
      tokenVersion: "v1",
      token: netbox.tokens.v1.replace(/^Token /, ""),
      tokenKey: null,
    },
    endpoints: proxmox.map((endpoint) => enterEndpoint(netbox, endpoint)),
    push: endpointPush(backend, release),
    wait: (ms) => Bun.sleep(ms * pace),
    reader,
    signal,
  };
}

/** Enters an endpoint in the plugin's form, or finds the row that is there. */
function enterEndpoint(netbox: SimulatedNetBox, { cluster, host, port }: SimulatedProxmox): PluginEndpoint {
  const table = "plugins/proxbox/endpoints/proxmox";
  const name = cluster.endpoint;
  const row =
    netbox.rows(table).find((candidate) => candidate.name === name) ??
    netbox.insert(table, { name, domain: `${name}.example.com`, port, mode: "undefined" });
  return {
    pk: Number(row.id),
    name,
    domain: null,
    ip: host,
    port,
    username: credentials.user,
    password: null,
    tokenName: credentials.tokenName,
    tokenValue: credentials.tokenValue,
    verifySsl: false,
    enabled: true,
    timeout: 5,
    maxRetries: 0,
    retryBackoff: 0.5,
  };
}
