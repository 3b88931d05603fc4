import { expect, test } from "bun:test";
import type { ObservedGuest } from "@proxbox/proxmox/observe-guests";
import type { EstateGuest } from "./estates.ts";
import { unreadOutcomes } from "./unread.ts";

const error = { code: "proxmox_forbidden", message: "Permission check failed.", retryable: false };
const guest = (known: boolean) => ({ vmid: 100, known, vm: { id: 5, name: "web" } }) as EstateGuest;
const one = (seen: object) => seen as ObservedGuest<EstateGuest>;

test.each<[string, ObservedGuest<EstateGuest>, object[]]>([
  ["one that was read is not told of", one({ guest: guest(true), state: "ok" }), []],
  ["one that was deleted meanwhile", one({ guest: guest(true), state: "gone" }), [{ outcome: "skipped" }]],
  [
    "one that should answer",
    one({ guest: guest(true), state: "failed", error }),
    [{ outcome: "failed", error: { ...error, object: "disks of web (vmid 100)" } }],
  ],
  [
    "one whose node is away",
    one({ guest: guest(false), state: "failed", error }),
    [{ outcome: "skipped", reason: "Permission check failed. NetBox keeps what it has." }],
  ],
])("%s", (_, seen, expected) => {
  const told = unreadOutcomes("virtual-disk", "disks", [seen]);
  expect(told).toMatchObject(
    expected.map((outcome) => ({ kind: "virtual-disk", name: "disks of web (vmid 100)", ...outcome })),
  );
  expect(told).toHaveLength(expected.length);
});
