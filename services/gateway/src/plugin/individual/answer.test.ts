import { describe, expect, test } from "bun:test";
import { noCounts, type ObjectOutcome, type StageResult } from "@proxbox/contracts/messages";
import type { RunState, StageState } from "@proxbox/contracts/runs";
import { requestOf } from "../../runs/run-order.ts";
import { answerAfter } from "./answer.ts";
import type { StageReport } from "./failure.ts";
import { individualKinds } from "./kinds.ts";
import { objectOrder } from "./order.ts";

type Told = Partial<ObjectOutcome> & Pick<ObjectOutcome, "kind" | "name" | "outcome">;

const queries: Record<string, Record<string, string>> = {
  vm: { cluster_name: "lab", node: "pve1", type: "qemu", vmid: "100" },
  backup: { cluster_name: "lab", node: "pve1", storage: "local", vmid: "100", volid: "local:backup/a" },
  "task-history": { node: "pve1", type: "qemu", vmid: "100" },
  cluster: { cluster_name: "lab" },
  node: { cluster_name: "lab", node_name: "pve1" },
};
const machine: Told = { kind: "virtual-machine", name: "web (qemu 100)", outcome: "unchanged", id: 7 };
const backup: Told = { kind: "backup", name: "web (vmid 100) local:backup/a", outcome: "created", id: 9 };
const error = {
  code: "netbox_forbidden",
  message: "The NetBox token may not add a backup.",
  retryable: false,
  next: "Give it.",
};

/** The answer after a run whose last stage told this. */
function answered(
  name: string,
  told: Told[],
  {
    run = {},
    stage = {},
    result = {},
    query = {},
    hindrance = null,
  }: {
    run?: Partial<RunState>;
    stage?: Partial<StageState>;
    result?: Partial<StageResult["data"]>;
    query?: Record<string, string>;
    hindrance?: string | null;
  } = {},
) {
  const kind = individualKinds.find((one) => one.kind === name);
  if (!kind) throw new Error(`There is no kind ${name}.`);
  const asked = { ...queries[name], ...query };
  const request = requestOf(objectOrder(kind, asked, 1), "plugin");
  const stages = request.stages.map((one) => ({
    ...{ stage: one, phase: "done", attempt: 1, ok: true, summary: null, error: null },
    ...(one === request.stages.at(-1) ? stage : {}),
  })) as unknown as StageState[];
  const state = { id: "r1", phase: "done", request, stages, reason: null, ...run } as RunState;
  const data = {
    key: "k",
    endpoint: 1,
    state: "ok",
    counts: noCounts(),
    kinds: {},
    objects: told,
    omitted: 0,
    ms: 1,
    deliveries: 1,
    ...result,
  };
  const reports: StageReport[] = [{ stage: request.stages.at(-1) ?? "", results: [data as StageResult["data"]] }];
  return answerAfter(kind, asked, { state, endpoint: "lab (nb:1)", stages: reports, hindrance });
}

describe("what became of an object", () => {
  test.each<[string, string, Told[], object]>([
    [
      "made",
      "backup",
      [machine, backup],
      { action: "created", netbox_object: { id: 9, kind: "backup", name: backup.name } },
    ],
    ["changed", "backup", [{ ...backup, outcome: "updated" }], { action: "updated" }],
    ["as it should be", "backup", [{ ...backup, outcome: "unchanged" }], { action: "unchanged" }],
    ["gone", "backup", [{ ...backup, outcome: "deleted" }], { action: "deleted" }],
    [
      "what belongs to it was made",
      "vm",
      [machine, { kind: "virtual-disk", name: "web (vmid 100) scsi0", outcome: "created", id: 3 }],
      { action: "updated", netbox_object: { id: 7 } },
    ],
    [
      "its device has another name",
      "node",
      [
        { kind: "device", name: "rack1-pve1 (node pve1)", outcome: "unchanged", id: 2 },
        { kind: "proxmox-node", name: "pve1", outcome: "updated", id: 5 },
      ],
      { action: "updated", netbox_object: { id: 2, kind: "device" } },
    ],
    ["nothing is left to do, and nothing to tell", "task-history", [], { action: "noop", netbox_object: null }],
    [
      "another one's failure is none of its own",
      "backup",
      [backup, { ...backup, name: "web (vmid 100) local:backup/b", outcome: "failed", error }],
      { action: "created", error: null },
    ],
  ])("%s", (_, kind, told, expected) => {
    const { status, body } = answered(kind, told);
    expect(status).toBe(200);
    expect(body).toMatchObject({ dry_run: false, dependencies_synced: [], error: null, run_id: "r1", ...expected });
  });

  test("the members that the plugin reads, and no others but those of a failure", () => {
    expect(answered("backup", [backup]).body).toEqual({
      object_type: "backup",
      action: "created",
      proxmox_resource: { cluster_name: "lab", node: "pve1", storage: "local", vmid: 100, volid: "local:backup/a" },
      netbox_object: { id: 9, kind: "backup", name: "web (vmid 100) local:backup/a" },
      dry_run: false,
      dependencies_synced: [],
      error: null,
      run_id: "r1",
    });
  });
});

describe("why an object is not in line", () => {
  const whole = {
    endpoints: [{ endpoint: 1, name: "lab", state: "failed", error: { ...error, code: "proxmox_timeout" } }],
  };
  test.each<[string, string, Told[], Parameters<typeof answered>[2], number, string | RegExp]>([
    [
      "itself failed",
      "backup",
      [{ ...backup, outcome: "failed", error }],
      {},
      502,
      "The NetBox token may not add a backup. Give it.",
    ],
    [
      "its device failed, which has another name",
      "node",
      [
        { kind: "device", name: "rack1-pve1 (node pve1)", outcome: "failed", error },
        { kind: "proxmox-node", name: "pve1", outcome: "unchanged", id: 5 },
      ],
      {},
      502,
      "The NetBox token may not add a backup. Give it.",
    ],
    [
      "a part of it failed",
      "vm",
      [machine, { kind: "vm-interface", name: "web (vmid 100) net0", outcome: "failed", error }],
      {},
      502,
      /may not add/,
    ],
    ["its machine failed", "backup", [{ ...machine, outcome: "failed", error }], {}, 502, /may not add/],
    ["a stage failed", "cluster", [], { stage: { phase: "failed", error } }, 502, /may not add/],
    [
      "nothing of the endpoint could be read",
      "cluster",
      [],
      { stage: { summary: whole as never } },
      504,
      /may not add/,
    ],
    ["its storage could not be read", "backup", [machine], { result: { error } }, 502, /may not add/],
    [
      "there is no such guest",
      "vm",
      [{ kind: "virtual-machine", name: "guest 100", outcome: "skipped", reason: "" }],
      {},
      404,
      /lab \(nb:1\) has no guest 100/,
    ],
    ["it is of another type", "vm", [{ ...machine, name: "web (lxc 100)" }], {}, 404, /is no qemu: web \(lxc 100\)/],
    ["it is not there", "backup", [machine], {}, 404, /has no backup local:backup\/a of guest 100/],
    [
      "it is left as it is",
      "vm",
      [{ ...machine, outcome: "skipped", reason: "Node pve1 is offline." }],
      {},
      409,
      "Node pve1 is offline.",
    ],
    [
      "its cluster is kept with another endpoint",
      "vm",
      [{ kind: "cluster", name: "lab", outcome: "skipped", reason: "It is kept there." }],
      {},
      409,
      "Cluster lab: It is kept there.",
    ],
    [
      "the run waits",
      "vm",
      [],
      { run: { phase: "queued" } },
      504,
      /^Run r1 waits for other runs to end\. It goes on: .*\/runs\/r1/,
    ],
    [
      "the run is at work",
      "vm",
      [],
      { run: { phase: "running" }, stage: { phase: "running" } },
      504,
      /^Run r1 is still at work \(ip-addresses\)/,
    ],
    [
      "the run is at work, and NetBox away",
      "vm",
      [],
      { run: { phase: "running" }, stage: { phase: "running" }, hindrance: "NetBox at nb cannot be reached" },
      504,
      /not over in time\. NetBox at nb cannot be reached\. It goes on/,
    ],
    [
      "the run was called off",
      "vm",
      [],
      { run: { phase: "cancelled", reason: "By request." } },
      503,
      "Run r1 was cancelled. By request.",
    ],
  ])("%s", (_, kind, told, more, status, sentence) => {
    const answer = answered(kind, told, more);
    expect(answer.status).toBe(status);
    const { action, error: said, detail, message, dependencies_synced: dependencies } = answer.body;
    expect({ action, dependencies }).toEqual({ action: "error", dependencies: [] });
    if (typeof sentence === "string") expect(said).toBe(sentence);
    else expect(said).toMatch(sentence);
    expect(detail).toBe(said ?? "");
    expect(said).toContain(message ?? "");
  });

  test("what happened to another guest of the same run does not count", () => {
    const other: Told = { kind: "backup", name: "dns (vmid 101) local:backup/c", outcome: "failed", error };
    expect(answered("backup", [machine, other])).toMatchObject({ status: 404, body: { code: "not_found" } });
  });
});

describe("what an object rests on", () => {
  const made: Told[] = [
    { kind: "cluster", name: "lab", outcome: "created", id: 1 },
    { kind: "device", name: "pve1", outcome: "created", id: 2 },
    { kind: "device", name: "pve2", outcome: "created", id: 3 },
    { kind: "storage", name: "lab/local", outcome: "created", id: 4 },
    { kind: "storage", name: "lab/other", outcome: "created", id: 5 },
    { ...machine, outcome: "created" },
    { ...machine, name: "dns (qemu 101)", outcome: "created" },
  ];
  test("is told when it was made, so that the plugin goes on with it", () => {
    expect(answered("backup", [...made, backup]).body.dependencies_synced).toEqual([
      { object_type: "cluster", action: "created", name: "lab" },
      { object_type: "node", action: "created", name: "pve1" },
      { object_type: "storage", action: "created", name: "local" },
      { object_type: "vm", action: "created", name: "web", node: "pve1", vmid: 100, type: "qemu" },
    ]);
  });

  test("is not told when it was there: that would make the plugin ask again and again", () => {
    const present = made.map((one): Told => ({ ...one, outcome: "updated" }));
    expect(answered("backup", [...present, backup]).body.dependencies_synced).toEqual([]);
  });
});

test("a dry run tells what would be written, and goes on with nothing", () => {
  const told: Told[] = [
    { ...machine, outcome: "skipped", reason: "would be created", would: "created" },
    { ...backup, outcome: "skipped", reason: "would be updated: size", would: "updated" },
  ];
  const { status, body } = answered("backup", told, { query: { dry_run: "true" } });
  expect(status).toBe(200);
  expect(body).toMatchObject({
    action: "dry_run",
    dry_run: true,
    error: null,
    netbox_object: { id: 9 },
    dependencies_synced: [{ object_type: "vm", action: "dry_run" }],
    would: [
      { object_type: "virtual-machine", name: "web (qemu 100)", reason: "would be created" },
      { object_type: "backup", name: backup.name, reason: "would be updated: size" },
    ],
  });
});
