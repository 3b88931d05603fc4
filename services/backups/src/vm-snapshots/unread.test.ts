import { expect, test } from "bun:test";
import type { KnownVm } from "@proxbox/netbox/guests/read";
import { unread } from "./unread.ts";

const guest = { vmid: 100, node: "pve1", type: "qemu" as const, known: true, vm: { id: 7, name: "web" } as KnownVm };
const error = { code: "proxmox_forbidden", message: "It may not be read.", retryable: false };
const name = "snapshots of web (vmid 100)";

test("a guest that should answer is a failure, one of a silent node and a deleted one are not", () => {
  expect(unread({ failures: [{ guest, error }], gone: [] })).toMatchObject([
    { name, outcome: "failed", error: { code: "proxmox_forbidden", object: name } },
  ]);
  expect(unread({ failures: [{ guest: { ...guest, known: false }, error }], gone: [guest] })).toMatchObject([
    { name, outcome: "skipped", reason: "It may not be read. NetBox keeps what it has." },
    { name, outcome: "skipped", reason: expect.stringMatching(/deleted in Proxmox/) },
  ]);
});
