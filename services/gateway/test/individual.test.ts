import { afterAll, beforeAll, expect, test } from "bun:test";
import type { StoredProxmoxEndpoint } from "@proxbox/contracts/endpoints";
import { names } from "@proxbox/contracts/streams";
import { openBucket } from "@proxbox/runtime/buckets";
import { createLogger } from "@proxbox/runtime/log";
import { type IndividualKind, individualKinds } from "../src/plugin/individual/kinds.ts";
import { type SynchroniseOne, synchroniseBy } from "../src/plugin/individual/perform.ts";
import { createHub, type Hub } from "../src/runs/hub.ts";
import { openRunStore, type RunStore } from "../src/runs/run-store.ts";
import { type Bench, eventually, itemResult, runFact, stageFact, startBench, summary } from "./support.ts";

// Nobody works off the runs of this bus: the test says what becomes of them.
let bench: Bench;
let hub: Hub;
let runs: RunStore;
let synchronise: SynchroniseOne;

const kind = individualKinds.find((one) => one.kind === "cluster") as IndividualKind;
const query = { cluster_name: "lab", proxmox_endpoint_ids: "1" };
const endpoint = { id: 1, name: "lab (nb:1)", enabled: true } as StoredProxmoxEndpoint;

beforeAll(async () => {
  bench = await startBench();
  const { bus } = bench;
  hub = createHub(bus);
  runs = openRunStore(bus, openBucket(bus, names.runs), { svc: "test", replica: "t", build: "t" });
  const log = createLogger({ service: "test", replica: "t", level: "silent" });
  synchronise = synchroniseBy({ bus, hub, runs, log, endpoints: { proxmox: async () => [endpoint] } }, 1_000);
});
afterAll(async () => {
  await hub[Symbol.asyncDispose]();
  await bench[Symbol.asyncDispose]();
});

test("a run that is not over in time is named, and goes on", async () => {
  const waiting = await synchronise(kind, query);
  const run = waiting.body.run_id ?? "";
  expect(waiting).toMatchObject({ status: 504, body: { action: "error", code: "not_over", dependencies_synced: [] } });
  expect(waiting.body.error).toStartWith(
    `Run ${run} waits for other runs to end. It goes on: look at GET /runs/${run}`,
  );
  expect((await runs.read(run)).state).toMatchObject({
    phase: "queued",
    request: { stages: ["devices"], origin: "plugin", options: { proxmox_endpoint_ids: [1] } },
  });
});

test("the answer comes as soon as the run is over", async () => {
  const answer = synchronise(kind, query);
  const known = new Set((await runs.list(10)).map(({ id }) => id));
  await eventually(async () => (await runs.list(10)).length > known.size, "the run is asked for");
  const run = (await runs.list(10)).find(({ id }) => !known.has(id))?.id ?? "";
  const { bus } = bench;
  await runFact(bus, run, "running");
  await stageFact(bus, run, "devices", 1, "commanded");
  await itemResult(bus, run, "hosts", 3);
  await stageFact(bus, run, "devices", 1, "done", { summary: summary(true) });
  await runFact(bus, run, "done", { ok: true });
  // The result is of a device: of the cluster itself nothing was said.
  expect(await answer).toMatchObject({
    status: 404,
    body: { run_id: run, error: expect.stringContaining("cluster lab") },
  });
});
