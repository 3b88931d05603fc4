import { describe, expect, test } from "bun:test";
import { type ReplicationJob, replicationOf } from "@proxbox/proxmox/resources/replication";
import type { ReplicationRow } from "./facts.ts";
import { judgeStale, type StaleEvidence, settleJobs, withoutMachine } from "./settle.ts";

const job = (id: string) => replicationOf({ id, target: "pve2" }) as ReplicationJob;
const machines = [
  { id: 7, name: "web", vmid: 100 },
  { id: 8, name: "dns", vmid: 101 },
];
const row = (id: number, name: string, more: Partial<ReplicationRow> = {}): ReplicationRow => ({
  id,
  job: name,
  endpoint: 2,
  machine: 7,
  active: true,
  ...more,
});

describe("settleJobs", () => {
  test.each<[string, ReplicationRow[], number | null]>([
    ["none there yet", [], null],
    ["by endpoint and id", [row(5, "100-0")], 5],
    ["another job of the guest is another", [row(5, "100-1")], null],
    ["another endpoint's job of the same id is another", [row(5, "100-0", { endpoint: 3 })], null],
    ["one whose endpoint is not known, of the same machine", [row(5, "100-0", { endpoint: null })], 5],
    ["one whose endpoint is not known, of another machine", [row(5, "100-0", { endpoint: null, machine: 99 })], null],
    ["one of an endpoint that is gone, of the same machine", [row(5, "100-0", { endpoint: 8 })], 5],
    ["its own row first", [row(5, "100-0", { endpoint: null }), row(6, "100-0")], 6],
  ])("%s", (_, rows, id) => {
    expect(settleJobs([job("100-0")], machines, rows, { endpoint: 2, others: [3] }).own).toMatchObject([
      { machine: { id: 7 }, row: id },
    ]);
  });

  test("a job whose guest has no machine is told of", () => {
    const { own, without } = settleJobs([job("900-0")], machines, [], { endpoint: 2, others: [] });
    expect(own).toEqual([]);
    expect(without.map(withoutMachine)).toMatchObject(
      [{ name: "900-0", outcome: "skipped", reason: /vmid 900/ }].map(like),
    );
  });
});

const like = ({ reason, ...rest }: { name: string; outcome: string; reason: RegExp }) => ({
  ...rest,
  reason: expect.stringMatching(reason),
});

describe("judgeStale", () => {
  const evidence: StaleEvidence = { endpoint: 2, machines, gaps: [], only: null };
  test.each<[string, ReplicationRow[], Partial<StaleEvidence>, number[]]>([
    ["one that is listed", [row(1, "100-0")], {}, []],
    ["one that is gone", [row(1, "100-0"), row(2, "100-1")], {}, [2]],
    ["another endpoint's", [row(2, "100-1", { endpoint: 3 })], {}, []],
    ["one without an endpoint", [row(2, "100-1", { endpoint: null })], {}, []],
    ["one that is marked already", [row(2, "100-1", { active: false })], {}, []],
    ["one of a machine that was not asked for", [row(2, "100-1")], { only: new Set([8]) }, []],
    ["one of a machine that was", [row(2, "101-0", { machine: 8 })], { only: new Set([8]) }, [2]],
    ["one of a guest whose job is listed though it has no machine", [row(2, "900-0")], {}, []],
  ])("%s", (_, rows, more, ids) => {
    const { stale, kept } = judgeStale(rows, [job("100-0"), job("900-0")], { ...evidence, ...more });
    expect(stale.map(({ id }) => id)).toEqual(ids);
    expect(kept).toEqual([]);
  });

  test("the last one too, and nothing but its status is touched", () => {
    expect(judgeStale([row(1, "100-0")], [], evidence).stale).toMatchObject([
      { id: 1, values: { status: "stale" }, label: "web (vmid 100) 100-0" },
    ]);
  });

  test("where jobs may be hidden nothing is marked, and that is said", () => {
    const { stale, kept } = judgeStale([row(1, "100-0")], [], { ...evidence, gaps: ["Node pve2 is not online."] });
    expect(stale).toEqual([]);
    expect(kept).toMatchObject([{ id: 1, reason: "would be marked as stale, but Node pve2 is not online." }]);
  });
});
