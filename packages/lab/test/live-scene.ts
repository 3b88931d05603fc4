import { type StoredProxmoxEndpoint, settingKeys } from "@proxbox/contracts/endpoints";
import { decode, encode } from "@proxbox/contracts/envelope";
import { LiveAnswer, LiveQuestion, type LiveReadName, liveSubject } from "@proxbox/contracts/live";
import { names } from "@proxbox/contracts/streams";
import { createInventory } from "@proxbox/inventory/service";
import { ask } from "@proxbox/runtime/ask";
import { openBucket } from "@proxbox/runtime/buckets";
import { type Bus, connectBus } from "@proxbox/runtime/bus";
import { createLogger } from "@proxbox/runtime/log";
import { startNatsServer } from "@proxbox/runtime/nats-server";
import { ensureStreams } from "@proxbox/runtime/streams";
import { openVault, type Vault } from "@proxbox/runtime/vault";
import { type SimulatedNetBox, startNetBox } from "../src/netbox/server.ts";
import type { Estate } from "../src/proxmox/estate.ts";
import { credentials } from "../src/proxmox/login.ts";
import { type SimulatedProxmox, startProxmox } from "../src/proxmox/server.ts";

/** Inventory alone, with an estate and a NetBox, and somebody who asks it. */
export type LiveScene = AsyncDisposable & {
  bus: Bus;
  netbox: SimulatedNetBox;
  /** Endpoint n of the estate has the id n + 1. */
  proxmox: SimulatedProxmox[];
  /** Starts one more inventory; the caller's to dispose. */
  replica(name: string): Promise<AsyncDisposable>;
  /** Changes what is configured of an endpoint. */
  configure(id: number, change: Partial<StoredProxmoxEndpoint>): Promise<void>;
  seal: Vault["seal"];
  setNetBox(token: string | null): Promise<void>;
  ask(
    name: LiveReadName | string,
    endpoints?: number[],
    params?: Record<string, string>,
    timeoutMs?: number,
  ): Promise<LiveAnswer>;
  /** The body of an answer that must be good. */
  body<T>(name: LiveReadName, endpoints?: number[], params?: Record<string, string>): Promise<T>;
};

const log = createLogger({ service: "test", replica: "test", level: "silent" });
const key = "a key of the test";

/** Starts it for an estate; no inventory answers before a replica is started. */
export async function startLiveScene(estate: Estate): Promise<LiveScene> {
  await using owned = new AsyncDisposableStack();
  const nats = owned.use(await startNatsServer());
  const bus = owned.use(await connectBus({ servers: [nats.url], name: "test" }, log));
  await ensureStreams(bus);
  const bucket = openBucket(bus, names.settings);
  const vault = await openVault({ bucket, key: { text: key, file: "unused" }, log });
  const netbox = owned.use(await startNetBox());
  const proxmox: SimulatedProxmox[] = [];
  for (const cluster of estate.clusters) proxmox.push(owned.use(await startProxmox(cluster)));
  const stored = new Map<number, StoredProxmoxEndpoint>();
  const configure: LiveScene["configure"] = async (id, change) => {
    const server = proxmox[id - 1];
    if (!server) throw new Error(`The estate has no endpoint ${id}.`);
    const endpoint = { ...(stored.get(id) ?? newEndpoint(id, server, vault)), ...change };
    stored.set(id, endpoint);
    await bucket.put(settingKeys.proxmox(id), JSON.stringify(endpoint));
  };
  for (const [index] of proxmox.entries()) await configure(index + 1, {});
  const setNetBox: LiveScene["setNetBox"] = async (token) => {
    if (token === null) await bucket.delete(settingKeys.netbox(1));
    else await bucket.put(settingKeys.netbox(1), JSON.stringify(netboxEndpoint(netbox, vault.seal(token))));
  };
  await setNetBox(netbox.tokens.v1);
  const replica: LiveScene["replica"] = (name) =>
    createInventory(
      {
        NATS_URL: nats.url,
        PROXBOX_ENCRYPTION_KEY: key,
        PROXBOX_REPLICA: name,
        PROXBOX_LOG_LEVEL: process.env.TEST_LOG ? "debug" : "silent",
        PROXBOX_DRAIN_SECONDS: "5",
      },
      new AbortController().signal,
    );
  const askLive: LiveScene["ask"] = async (name, endpoints = [...stored.keys()], params = {}, timeoutMs = 7_600) => {
    const question = encode(LiveQuestion, { name, endpoints, params });
    const signal = new AbortController().signal;
    return decode(LiveAnswer, await ask(bus, liveSubject, question, { signal, timeoutMs }));
  };
  const kept = owned.move();
  return {
    bus,
    netbox,
    proxmox,
    replica,
    configure,
    seal: vault.seal,
    setNetBox,
    ask: askLive,
    body: async <T>(name: LiveReadName, endpoints?: number[], params?: Record<string, string>) => {
      const answer = await askLive(name, endpoints, params);
      if (!("body" in answer)) throw new Error(`${name}: ${answer.status} ${JSON.stringify(answer.error)}`);
      return answer.body as T;
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

function newEndpoint(id: number, server: SimulatedProxmox, vault: Vault): StoredProxmoxEndpoint {
  return {
    id,
    name: `${server.cluster.endpoint} (nb:${id})`,
    ip_address: server.host,
    domain: null,
    port: server.port,
    username: credentials.user,
    password: "",
    token_name: credentials.tokenName,
    token_value: vault.seal(credentials.tokenValue),
    verify_ssl: false,
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
    node_device_name_template: "{node}",
  };
}

function netboxEndpoint({ url }: SimulatedNetBox, token: string) {
  const { hostname, port } = new URL(url);
  return {
    id: 1,
    name: "NetBox",
    ip_address: hostname,
    domain: "",
    port: Number(port),
    token_version: "v1",
    token_key: "",
    token,
    verify_ssl: false,
    enabled: true,
  };
}
