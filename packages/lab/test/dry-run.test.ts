import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import type { AttemptResults, RunView } from "@proxbox/contracts/http";
import type { ObjectOutcome } from "@proxbox/contracts/messages";
import type { SyncOptionsInput } from "@proxbox/contracts/sync-options";
import { createSender, defaultPatience } from "@proxbox/netbox/send";
import { createLogger } from "@proxbox/runtime/log";
import { buildEstate } from "../src/proxmox/build-estate.ts";
import * as change from "../src/proxmox/change.ts";
import { type Scene, startScene } from "../src/scene.ts";
import { clientOf } from "./direct-client.ts";
import { findRow } from "./seen.ts";

setDefaultTimeout(60_000);

const machines = "virtualization/virtual-machines";
const all: SyncOptionsInput = { sync_mode_sdn: "always", delete_orphans: true, delete_nonexistent_backup: true };

let scene: Scene;

beforeAll(async () => {
  const estate = buildEstate({ seed: 6, clusters: 2, nodes: 2, guests: 12, backupsPerGuest: 1, tasksPerGuest: 1 });
  scene = await startScene({ estate, env: { PROXBOX_LOG_LEVEL: "error" } });
});
afterAll(() => scene[Symbol.asyncDispose]());

describe("a dry run of everything writes nothing and names all that the run after it does", () => {
  test("where NetBox has nothing of it yet", async () => {
    const planned = await dryRun(all);
    expect(new Set(planned.map(({ reason }) => reason?.split(":")[0]))).toContain("would be created");
    const done = await written(await run(all));
    expect(namesOf(planned)).toEqual(namesOf(done));
    expect(planned.every(({ id }) => id === undefined || id > 0)).toBe(true);
  });

  test("where there is nothing to do", async () => {
    expect(await dryRun(all)).toEqual([]);
  });

  test("where much has changed", async () => {
    const [first] = scene.proxmox;
    if (!first) throw new Error("The estate has no cluster.");
    const { cluster } = first;
    const [gone, renamed, changed] = [...cluster.guests.values()].map(({ vmid }) => vmid);
    change.create(cluster, 900, "added");
    change.remove(cluster, gone ?? 0);
    change.rename(cluster, renamed ?? 0, "renamed");
    change.configure(cluster, changed ?? 0, {
      description: "changed",
      net7: "virtio=BC:24:11:00:00:77,bridge=vmbr0,tag=77",
    });
    const planned = await dryRun(all);
    expect(planned).toContainEqual(expect.objectContaining({ reason: "would be created", name: "added (qemu 900)" }));
    expect(planned).toContainEqual(
      expect.objectContaining({
        kind: "virtual-machine",
        reason: expect.stringMatching(/^would be updated: .*description/),
      }),
    );
    const done = await written(await run(all));
    expect(namesOf(planned)).toEqual(namesOf(done));
  });
});

test("a dry run of one guest tells of nobody else", async () => {
  const [first] = scene.proxmox;
  if (!first) throw new Error("The estate has no cluster.");
  change.create(first.cluster, 901, "another");
  const planned = await dryRun({ vmids: [901] });
  expect(planned.length).toBeGreaterThan(3);
  expect(planned.filter(({ name }) => !/\b901\)/.test(name))).toEqual([]);
  expect(() => findRow(scene.netbox, machines, `${first.cluster.endpoint}/qemu/901`)).toThrow();
});

test("a sender that may only read refuses to write, before anything leaves the process", async () => {
  scene.netbox.resetCounts();
  const send = createSender({
    ...{ url: scene.netbox.url, authorization: "Token x", verifyTls: true, readOnly: true, timeoutMs: 1_000 },
    ...{ patience: defaultPatience, onSample: () => {}, judge: async () => null },
    permit: (_, permitSignal, work) => work(permitSignal, 0),
    log: createLogger({ service: "test", replica: "test", level: "silent" }),
  });
  for (const method of ["POST", "PATCH", "DELETE"] as const) {
    const sent = send({ method, path: "/api/extras/tags/", kind: "tag", body: [] }, new AbortController().signal);
    await expect(sent).rejects.toMatchObject({ code: "netbox_read_only", retryable: false });
  }
  expect(scene.netbox.counts().requests).toBe(0);
});

test("the client of a dry run sends no write, whoever asks for one", async () => {
  scene.netbox.resetCounts();
  const drafted: unknown[] = [];
  const drafts = {
    read: async () => [],
    add: async (_: string, entries: readonly unknown[]) => void drafted.push(...entries),
  };
  const client = clientOf(scene.netbox, { drafts });
  const signal = new AbortController().signal;
  await client.create("tag", [{ slug: "a", name: "A" }], signal);
  await client.update("tag", [{ id: 1, name: "B" }], signal);
  await client.remove("tag", [1], signal);
  expect(drafted).toHaveLength(3);
  expect(scene.netbox.counts().writes).toBe(0);
});

function namesOf(objects: readonly ObjectOutcome[]): string[] {
  return [...new Set(objects.map(({ kind, name }) => `${kind} ${name}`))].sort();
}

async function dryRun(options: SyncOptionsInput): Promise<ObjectOutcome[]> {
  scene.netbox.resetCounts();
  const view = await run({ ...options, dry_run: true });
  expect(scene.netbox.counts().writes).toBe(0);
  const objects = await objectsOf(view);
  expect(objects.filter(({ outcome }) => outcome === "failed")).toEqual([]);
  expect(view).toMatchObject({ phase: "done", ok: true });
  return objects.filter(({ outcome, reason }) => outcome === "skipped" && /^would be \w+(:|$)/.test(reason ?? ""));
}

async function written(view: RunView): Promise<ObjectOutcome[]> {
  expect(view).toMatchObject({ phase: "done", ok: true });
  return (await objectsOf(view)).filter(({ outcome }) => ["created", "updated", "deleted"].includes(outcome));
}

async function objectsOf(view: RunView): Promise<ObjectOutcome[]> {
  const pages = view.stages.map(({ stage }) =>
    scene.gateway.call<AttemptResults>("GET", `/runs/${view.id}/stages/${stage}/attempts/1?limit=500`),
  );
  return (await Promise.all(pages)).flatMap(({ results }) => results.flatMap(({ objects }) => objects));
}

async function run(options: SyncOptionsInput): Promise<RunView> {
  const { id } = await scene.gateway.startRun({ options });
  return scene.gateway.finished(id);
}
