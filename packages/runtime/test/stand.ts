import { type StoredNetBoxEndpoint, type StoredProxmoxEndpoint, settingKeys } from "@proxbox/contracts/endpoints";
import { decode, encode } from "@proxbox/contracts/envelope";
import { type BlockedEndpoint, StageCommand, StageEvent, StageResult } from "@proxbox/contracts/messages";
import { names } from "@proxbox/contracts/streams";
import { commandSubject, filters, type StageFact } from "@proxbox/contracts/subjects";
import { SyncOptions } from "@proxbox/contracts/sync-options";
import { Type } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";
import { openBucket } from "../src/buckets.ts";
import { type Bus, connectBus } from "../src/bus.ts";
import { envelopeOf } from "../src/envelopes.ts";
import { createLogger } from "../src/log.ts";
import { type NatsServer, startNatsServer } from "../src/nats-server.ts";
import { readStored } from "../src/reader.ts";
import { createStageService, type StageService } from "../src/service.ts";
import { readServiceConfig } from "../src/settings.ts";
import { defineStage, type Stage, type StageDefinition } from "../src/stage.ts";
import { ensureStreams, type StreamChoices } from "../src/streams.ts";
import { openVault, type Vault } from "../src/vault.ts";

export const quietLog = createLogger({
  service: "test",
  replica: "test",
  level: process.env.TEST_LOG ? "debug" : "silent",
});

/** A nats-server with our streams, and a connection of the test's own. */
export type Stand = AsyncDisposable & {
  nats: NatsServer;
  choices: StreamChoices;
  bus: Bus;
  connect(name: string): Promise<Bus>;
  vault(): Promise<Vault>;
};

export async function startStand(choices: StreamChoices = {}): Promise<Stand> {
  await using starting = new AsyncDisposableStack();
  const nats = starting.use(await startNatsServer());
  const connect = async (name: string) => starting.use(await connectBus({ servers: [nats.url], name }, quietLog));
  const bus = await connect("test");
  await ensureStreams(bus, choices);
  const running = starting.move();
  return {
    nats,
    choices,
    bus,
    connect: async (name) => running.use(await connectBus({ servers: [nats.url], name }, quietLog)),
    vault: () =>
      openVault({ bucket: openBucket(bus, names.settings), key: { text: "k", file: "unused" }, log: quietLog }),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

/** A replica of the vms service with its own connection, as another process would be. */
export type Replica = AsyncDisposable & {
  bus: Bus;
  service: StageService;
  /** Cuts it off as kill -9 does: nothing is given back, nothing is said. */
  vanish(): Promise<void>;
};

export async function startReplica(
  stand: Stand,
  name: string,
  stages: Stage[],
  env: Record<string, string> = {},
): Promise<Replica> {
  const bus = await stand.connect(name);
  const config = readServiceConfig({
    PROXBOX_REPLICA: name,
    PROXBOX_DRAIN_SECONDS: "5",
    // Replicas see to the streams after a reconnection and must agree about them.
    PROXBOX_ITEM_ACK_WAIT_SECONDS: String(stand.choices.itemAckWaitSeconds ?? 30),
    ...env,
  });
  const vault = await stand.vault();
  const service = await createStageService({ domain: "vms", stages, config, env: {}, log: quietLog, bus, vault });
  return {
    bus,
    service,
    vanish: () => bus.nc.close(),
    [Symbol.asyncDispose]: () => service[Symbol.asyncDispose](),
  };
}

const Body = Type.Object({ n: Type.Integer() });

/** A stage of vms whose body is a number. */
export function numberStage(definition: Omit<StageDefinition<typeof Body>, "name" | "body">): Stage {
  return defineStage({ name: "virtual-machines", body: Body, ...definition });
}

export const stageName = "virtual-machines";

export const options: SyncOptions = Value.Default(SyncOptions, {}) as SyncOptions;

/** Gives the command for an attempt of the stage. */
export async function command(
  bus: Bus,
  run: string,
  {
    attempt = 1,
    mode = "full",
    blocked = [],
  }: { attempt?: number; mode?: "full" | "failed-only"; blocked?: BlockedEndpoint[] } = {},
): Promise<void> {
  const subject = commandSubject("vms", run, stageName, attempt);
  const place = { run, stage: stageName, attempt };
  const by = { svc: "test", replica: "test", build: "test" };
  const data = { domain: "vms", mode, options, blocked };
  await bus.publishOnce(subject, encode(StageCommand, envelopeOf(subject, place, by, data)));
}

/** The facts of an attempt by name, in the order they were stored. */
export async function factsOf(bus: Bus, run: string, attempt = 1): Promise<Map<StageFact, StageEvent["data"]>> {
  const facts = new Map<StageFact, StageEvent["data"]>();
  for await (const { subject, data } of readStored(bus, { filter: filters.stageFactsOf(run) })) {
    const event = decode(StageEvent, data);
    if (event.attempt === attempt) facts.set(subject.split(".").at(-1) as StageFact, event.data);
  }
  return facts;
}

/** Every result stored for an attempt; a key twice would be here twice. */
export async function resultsOf(bus: Bus, run: string, attempt = 1): Promise<StageResult["data"][]> {
  const results: StageResult["data"][] = [];
  for await (const { data } of readStored(bus, { filter: filters.resultsOf(run, stageName, attempt) })) {
    results.push(decode(StageResult, data).data);
  }
  return results;
}

/** Waits for the closing fact of an attempt. */
export async function endOf(
  bus: Bus,
  run: string,
  attempt = 1,
): Promise<{ fact: StageFact; data: StageEvent["data"] }> {
  return until(async () => {
    for (const [fact, data] of await factsOf(bus, run, attempt)) {
      if (fact === "done" || fact === "failed" || fact === "cancelled") return { fact, data };
    }
    return null;
  });
}

/** Asks again until there is an answer. */
export async function until<T>(ask: () => Promise<T | null | false> | T | null | false): Promise<T> {
  const deadline = Date.now() + 20_000;
  for (;;) {
    const answer = await ask();
    if (answer !== null && answer !== false) return answer;
    if (Date.now() > deadline) throw new Error("What the test waits for did not happen.");
    await Bun.sleep(25);
  }
}

export function proxmoxEndpoint(id: number, more: Partial<StoredProxmoxEndpoint> = {}): StoredProxmoxEndpoint {
  return {
    id,
    name: `pve${id}`,
    ip_address: `192.0.2.${id}`,
    domain: null,
    port: 8006,
    username: "root@pam",
    password: "",
    token_name: null,
    token_value: "",
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
    ...more,
  };
}

export function netboxEndpoint(more: Partial<StoredNetBoxEndpoint> = {}): StoredNetBoxEndpoint {
  return {
    id: 1,
    name: "netbox",
    ip_address: "192.0.2.100/24",
    domain: "",
    port: 8000,
    token_version: "v1",
    token_key: "",
    token: "",
    verify_ssl: false,
    enabled: true,
    ...more,
  };
}

/** Configures a NetBox and Proxmox endpoints with these ids. */
export async function configure(bus: Bus, ids: number[]): Promise<void> {
  const bucket = openBucket(bus, names.settings);
  await bucket.put(settingKeys.netbox(1), JSON.stringify(netboxEndpoint()));
  for (const id of ids) await bucket.put(settingKeys.proxmox(id), JSON.stringify(proxmoxEndpoint(id)));
}
