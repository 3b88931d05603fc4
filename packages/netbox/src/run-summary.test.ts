import { describe, expect, test } from "bun:test";
import type { Counts } from "@proxbox/contracts/messages";
import { withStage, wordsOf } from "./run-summary.ts";

const none: Counts = { created: 0, updated: 0, unchanged: 0, deleted: 0, failed: 0, skipped: 0 };

describe("wordsOf", () => {
  const cases: [string, Counts[], string][] = [
    ["nothing", [none], ""],
    ["what stayed is no news", [{ ...none, unchanged: 5, skipped: 2 }], ""],
    ["each outcome that occurred", [{ ...none, created: 1, deleted: 2, failed: 3 }], "1 created, 2 deleted, 3 failed"],
    [
      "items are added up",
      [
        { ...none, updated: 1 },
        { ...none, updated: 2, created: 1 },
      ],
      "1 created, 3 updated",
    ],
  ];
  test.each(cases)("%s", (_, counts, words) => {
    expect(wordsOf(counts)).toBe(words);
  });
});

describe("withStage", () => {
  test("begins an entry", () => {
    expect(withStage(null, "r1", "devices", "1 created")).toBe(
      "Brought in line with Proxmox in run r1.\n\n- devices: 1 created",
    );
  });

  test("keeps what other stages told, in the order of stages", () => {
    const text = withStage(withStage(null, "r1", "ip-addresses", "4 created"), "r1", "vm-disks", "2 deleted");
    expect(withStage(text, "r1", "devices", "1 created")).toBe(
      "Brought in line with Proxmox in run r1.\n\n- devices: 1 created\n- vm-disks: 2 deleted\n- ip-addresses: 4 created",
    );
  });

  test("replaces what the same stage told before: a replay counts the good results of earlier attempts", () => {
    const text = withStage(null, "r1", "devices", "1 created, 1 failed");
    expect(withStage(text, "r1", "devices", "2 created")).toEndWith("\n- devices: 2 created");
  });
});
