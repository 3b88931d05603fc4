import { expect, test } from "bun:test";
import type { ObjectOutcome } from "@proxbox/contracts/messages";
import { legacyEnd, legacyPayload } from "./legacy-payloads.ts";

const netbox = "https://netbox.example.com";

test("each object of the stage's own kind is told in the older dialect", () => {
  const objects: ObjectOutcome[] = [
    { kind: "tag", name: "Proxbox", outcome: "created", id: 1 },
    { kind: "device", name: "pve1", outcome: "created", id: 4 },
    {
      kind: "device",
      name: "pve2",
      outcome: "failed",
      error: { code: "netbox_refused", message: "NetBox refused it.", object: "pve2", retryable: false },
    },
    { kind: "device", name: "pve3", outcome: "skipped", id: 6, reason: "The node is offline." },
  ];
  expect(objects.map((object) => legacyPayload("devices", object, netbox))).toEqual([
    null,
    {
      object: "device",
      type: "create",
      data: {
        completed: true,
        sync_status: "completed",
        rowid: "pve1",
        name: "pve1",
        netbox_id: 4,
        netbox_url: `${netbox}/dcim/devices/4/`,
      },
    },
    {
      object: "device",
      type: "create",
      data: {
        completed: false,
        sync_status: "failed",
        rowid: "pve2",
        name: "pve2",
        netbox_id: null,
        error: "pve2: NetBox refused it.",
      },
    },
    {
      object: "device",
      type: "create",
      data: {
        completed: false,
        sync_status: "skipped",
        rowid: "pve3",
        name: "pve3",
        netbox_id: 6,
        netbox_url: `${netbox}/dcim/devices/6/`,
        warning: "pve3: The node is offline.",
      },
    },
  ]);
});

test.each([
  ["devices", { object: "device", end: true }],
  ["virtual-machines", { object: "virtual_machine", end: true }],
  ["network-interfaces", { object: "node_interface", end: true }],
  ["vm-backups", null],
  ["storage", null],
] as const)("the end of stage %s, where the dialect knows it", (stage, expected) => {
  expect(legacyEnd(stage)).toEqual(expected);
});

test("stages that never spoke the dialect have no message about an object", () => {
  expect(legacyPayload("storage", { kind: "storage", name: "local", outcome: "created" }, netbox)).toBeNull();
});
