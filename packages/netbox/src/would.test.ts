import { expect, test } from "bun:test";
import type { ObjectOutcome } from "@proxbox/contracts/messages";
import { asWould } from "./would.ts";

const base = { kind: "device", name: "pve1" };

test.each<[Partial<ObjectOutcome>, Partial<ObjectOutcome>]>([
  [
    { outcome: "created", id: -4, fields: ["name"] },
    { outcome: "skipped", reason: "would be created", would: "created" },
  ],
  [
    { outcome: "updated", id: 4, fields: ["name", "site"] },
    { outcome: "skipped", id: 4, fields: ["name", "site"], reason: "would be updated: name, site", would: "updated" },
  ],
  [
    { outcome: "deleted", id: 4 },
    { outcome: "skipped", id: 4, reason: "would be deleted", would: "deleted" },
  ],
  [
    { outcome: "unchanged", id: 4 },
    { outcome: "unchanged", id: 4 },
  ],
  [{ outcome: "unchanged", id: -4 }, { outcome: "unchanged" }],
  [
    { outcome: "skipped", reason: "offline" },
    { outcome: "skipped", reason: "offline" },
  ],
])("%p becomes %p", (outcome, told) => {
  expect(asWould({ ...base, ...outcome } as ObjectOutcome)).toEqual({ ...base, ...told } as ObjectOutcome);
});
