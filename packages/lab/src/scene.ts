import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Environment } from "@proxbox/runtime/config";
import { freePort } from "@proxbox/stack/preflight";
import { type Processes, startProcesses } from "@proxbox/stack/processes";
import type { ServiceName } from "@proxbox/stack/services";
import { type Stack, startStack } from "@proxbox/stack/stack";
import { connectGateway, type GatewayClient, gatewayClient } from "./gateway-client.ts";
import type { JsonObject } from "./netbox/model.ts";
import { ENDPOINTS } from "./netbox/models/plugin-parts.ts";
import { type SimulatedNetBox, type StartOptions, startNetBox } from "./netbox/server.ts";
import type { Estate } from "./proxmox/estate.ts";
import { credentials } from "./proxmox/login.ts";
import { type SimulatedProxmox, startProxmox } from "./proxmox/server.ts";

/** What to build: the estate behind Proxmox, NetBox, and how the services run. */
export type SceneOptions = {
  estate: Estate;
  netbox?: StartOptions;
  env?: Environment;
  /** Services as processes of their own, with so many replicas; left out: all in this process. */
  processes?: Partial<Record<ServiceName, number>>;
  /** False: nobody has given the services a key or told them of NetBox and Proxmox, because a plugin will; default true. */
  told?: boolean;
};

/** Everything at work: simulated Proxmox endpoints and NetBox, all services, and a client that may use them. */
export type Scene = AsyncDisposable & {
  readonly netbox: SimulatedNetBox;
  readonly proxmox: readonly SimulatedProxmox[];
  readonly gateway: GatewayClient;
  /** The services of this process; null when they are processes of their own. */
  readonly stack: Stack | null;
  readonly processes: Processes | null;
  /** Folder with the server's data, the key file and, of processes, their logs. */
  readonly dataDir: string;
  /** Ids of the Proxmox endpoints as the gateway knows them, in the order of `proxmox`; empty when nobody told it of them. */
  readonly endpointIds: readonly number[];
};

const key = "lab-key-0123456789abcdef0123456789abcdef";

/**
 * Starts an estate, a NetBox in which the plugin's endpoints are entered, and the services, and tells the services
 * where both are, as the plugin would.
 */
export async function startScene({
  estate,
  netbox: netboxOptions,
  env = {},
  processes: replicas,
  told = true,
}: SceneOptions): Promise<Scene> {
  await using owned = new AsyncDisposableStack();
  const dataDir = await mkdtemp(join(tmpdir(), "proxbox-lab-"));
  owned.defer(() => rm(dataDir, { recursive: true, force: true }));
  const netbox = owned.use(await startNetBox(netboxOptions));
  const proxmox: SimulatedProxmox[] = [];
  for (const cluster of estate.clusters) proxmox.push(owned.use(await startProxmox(cluster)));
  const port = String(env.PORT ?? (await freePort()));
  const settings = { PROXBOX_LOG_LEVEL: "warn", PROXBOX_RATE_LIMIT: "1000000", ...env, PORT: port };
  const processes = replicas ? owned.use(await startProcesses({ replicas, env: settings, dataDir })) : null;
  const stop = new AbortController();
  owned.defer(() => stop.abort());
  const stack = replicas ? null : owned.use(await startStack({ env: settings, dataDir, signal: stop.signal }));
  const url = `http://127.0.0.1:${port}`;
  const gateway = told ? await connectGateway(url, key) : gatewayClient(url, key);
  const endpointIds: number[] = [];
  if (told) {
    await enterNetBox(gateway, netbox);
    const entered = netbox.rows(ENDPOINTS);
    for (const endpoint of proxmox) {
      const row = entered.find(({ name }) => name === endpoint.cluster.endpoint);
      endpointIds.push(await enterProxmox(gateway, netbox, endpoint, row));
    }
  }
  const kept = owned.move();
  return {
    netbox,
    proxmox,
    gateway,
    stack,
    processes,
    dataDir,
    endpointIds,
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

/** Tells a gateway where NetBox is, as the plugin does. */
export async function enterNetBox(gateway: GatewayClient, netbox: SimulatedNetBox): Promise<void> {
  const { hostname, port } = new URL(netbox.url);
  const body = {
    name: "NetBox",
    ip_address: hostname,
    port: Number(port),
    token_version: "v1",
    token: netbox.tokens.v1.replace(/^Token /, ""),
    verify_ssl: false,
  };
  await gateway.call("POST", "/netbox/endpoint", body);
}

/**
 * Enters an endpoint in NetBox, as an operator does in the plugin's form, and pushes it to the gateway, as the plugin does.
 * @param entered its row, where NetBox has one already
 */
export async function enterProxmox(
  gateway: GatewayClient,
  netbox: SimulatedNetBox,
  proxmox: SimulatedProxmox,
  entered?: JsonObject,
): Promise<number> {
  const title = proxmox.cluster.endpoint;
  const row =
    entered ??
    netbox.insert(ENDPOINTS, {
      name: title,
      domain: `${title}.example.com`,
      port: proxmox.port,
      mode: proxmox.cluster.standalone ? "standalone" : "cluster",
    });
  const { id } = await gateway.call<{ id: number }>("POST", "/proxmox/endpoints", {
    name: `${title} (nb:${row.id})`,
    ip_address: proxmox.host,
    port: proxmox.port,
    username: credentials.user,
    token_name: credentials.tokenName,
    token_value: credentials.tokenValue,
    verify_ssl: false,
  });
  return id;
}
