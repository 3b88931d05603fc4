import { expect, test } from "bun:test";
import { nodesOf } from "./nodes.ts";

test("nodes by name, an offline one with what is left of it", () => {
  const rows = [
    { node: "pve1", status: "online", maxcpu: "32", maxmem: 68_719_476_736, ssl_fingerprint: "AA:BB", level: "c" },
    { node: "pve2", status: "offline", level: "" },
    { status: "online" },
  ];
  expect(Object.fromEntries(nodesOf(rows))).toEqual({
    pve1: { maxCpu: 32, maxMemory: 68_719_476_736, fingerprint: "AA:BB", level: "c" },
    pve2: { maxCpu: null, maxMemory: null, fingerprint: "", level: "" },
  });
});
