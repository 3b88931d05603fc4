import { expect, test } from "bun:test";
import { snapshotsOf } from "./snapshots.ts";

test("snapshots with their instants; the guest itself is none", () => {
  const rows = [
    { name: "before", snaptime: 1_704_164_645, description: "Before the update\n", vmstate: 1 },
    { name: "after", snaptime: "1704164700", parent: "before" },
    { name: "current", parent: "after", running: 1, description: "You are here!" },
    { name: "" },
    { snaptime: 1 },
  ];
  expect(snapshotsOf(rows)).toEqual([
    {
      name: "before",
      description: "Before the update",
      takenAt: "2024-01-02T03:04:05Z",
      parent: null,
      withMemory: true,
    },
    { name: "after", description: "", takenAt: "2024-01-02T03:05:00Z", parent: "before", withMemory: false },
  ]);
  expect(snapshotsOf([{ name: "old" }])).toMatchObject([{ takenAt: null }]);
});
