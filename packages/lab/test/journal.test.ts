import { afterEach, beforeEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import type { ObjectOutcome } from "@proxbox/contracts/messages";
import type { StageName } from "@proxbox/contracts/stages";
import { SyncOptions } from "@proxbox/contracts/sync-options";
import { type SimulatedNetBox, startNetBox } from "@proxbox/lab/netbox/server";
import type { NetBoxClient } from "@proxbox/netbox/client";
import { writeJournal } from "@proxbox/netbox/journal";
import { summariseRun } from "@proxbox/netbox/run-summary";
import { type Bus, connectBus } from "@proxbox/runtime/bus";
import { createLogger } from "@proxbox/runtime/log";
import { startNatsServer } from "@proxbox/runtime/nats-server";
import type { StageContext } from "@proxbox/runtime/stage";
import { ensureStreams } from "@proxbox/runtime/streams";
import { Value } from "@sinclair/typebox/value";
import { clientOf } from "./direct-client.ts";

setDefaultTimeout(20_000);

const log = createLogger({ service: "test", replica: "test", level: "silent" });
const signal = new AbortController().signal;
const entries = "extras/journal-entries";

let netbox: SimulatedNetBox;
let client: NetBoxClient;
let ids: { vm: number; cluster: number };
beforeEach(async () => {
  netbox = await startNetBox();
  client = clientOf(netbox, { patience: { retries: 1, minDelayMs: 1, overloadMs: 10 } });
  const made = async (kind: Parameters<NetBoxClient["create"]>[0], row: Record<string, unknown>) => {
    const [written] = await client.create(kind, [row], signal);
    if (!written || !("row" in written)) throw new Error(`${kind} was not made`);
    return written.row.id;
  };
  const type = await made("cluster-type", { name: "Cluster", slug: "cluster" });
  const cluster = await made("cluster", { name: "c1", type });
  ids = { cluster, vm: await made("virtual-machine", { name: "web", cluster }) };
  netbox.resetCounts();
});
afterEach(() => netbox[Symbol.asyncDispose]());

const contextOf = (run: string, stage: StageName = "virtual-machines", bus?: Bus): StageContext =>
  ({ run, stage, signal, log, bus, replica: "test", options: Value.Create(SyncOptions) }) as unknown as StageContext;
const machine = (outcome: ObjectOutcome["outcome"], more: Partial<ObjectOutcome> = {}): ObjectOutcome => ({
  kind: "virtual-machine",
  name: "web (vmid 100)",
  id: ids.vm,
  outcome,
  ...more,
});
const told = async () =>
  (await client.list<{ comments: string }>(entries, { fields: "id,comments" }, signal)).map(({ comments }) => comments);

describe("the journal of a machine", () => {
  test("is written when it changed, not when it stayed, not when it is off", async () => {
    await writeJournal(contextOf("r1"), client, [machine("unchanged")]);
    const off = contextOf("r1");
    await writeJournal({ ...off, options: { ...off.options, journal: false } }, client, [machine("created")]);
    expect(netbox.counts().requests).toBe(0);
    await writeJournal(contextOf("r1"), client, [machine("updated", { fields: ["status"] })]);
    expect(await told()).toEqual(["Changed from Proxmox in run r1.\n\n- virtual machine: status"]);
  });

  test("tells a lasting failure once, and another one anew", async () => {
    const failing = (message: string) => [machine("failed", { error: { code: "x", message, retryable: false } })];
    await writeJournal(contextOf("r1"), client, failing("Refused."));
    await writeJournal(contextOf("r2"), client, failing("Refused."));
    await writeJournal(contextOf("r3"), client, failing("Forbidden."));
    await writeJournal(contextOf("r4"), client, failing("Refused."));
    expect((await told()).map((text) => text.split(": ")[1])).toEqual(["Refused.", "Forbidden.", "Refused."]);
  });

  test("fails nobody when it cannot be written", async () => {
    await netbox[Symbol.asyncDispose]();
    await writeJournal(contextOf("r1"), client, [machine("created")]);
  });
});

describe("the summary of a run", () => {
  const counts = { created: 0, updated: 0, unchanged: 9, deleted: 0, failed: 0, skipped: 0 };

  test("is one entry per cluster, however many stages end at once; a stage without changes asks nothing", async () => {
    await using nats = await startNatsServer();
    await using bus = await connectBus({ servers: [nats.url], name: "test" }, log);
    await ensureStreams(bus);
    const clustersOf = async () => [
      { endpoint: 1, cluster: ids.cluster },
      { endpoint: 2, cluster: ids.cluster },
      { endpoint: 3, cluster: 999 },
    ];
    const ends = (stage: StageName, results: Parameters<typeof summariseRun>[2]) =>
      summariseRun(contextOf("r1", stage, bus), client, results, clustersOf);
    await ends("devices", [
      { endpoint: 1, counts },
      { endpoint: null, counts: { ...counts, created: 3 } },
    ]);
    expect(netbox.counts().requests).toBe(0);
    await Promise.all([
      ends("virtual-machines", [
        { endpoint: 1, counts: { ...counts, created: 2 } },
        { endpoint: 2, counts: { ...counts, created: 1, failed: 1 } },
      ]),
      ends("storage", [{ endpoint: 1, counts: { ...counts, updated: 1 } }]),
      ends("vm-disks", [{ endpoint: 2, counts: { ...counts, deleted: 1 } }]),
    ]);
    expect(await told()).toEqual([
      "Brought in line with Proxmox in run r1.\n\n" +
        "- storage: 1 updated\n- virtual-machines: 3 created, 1 failed\n- vm-disks: 1 deleted",
    ]);
    await summariseRun(
      contextOf("r2", "storage", bus),
      client,
      [{ endpoint: 1, counts: { ...counts, updated: 1 } }],
      clustersOf,
    );
    expect(await told()).toHaveLength(2);
  });
});
