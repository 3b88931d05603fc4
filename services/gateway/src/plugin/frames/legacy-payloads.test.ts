import { expect, test } from "bun:test";
import { batchTold, stageTold, told } from "../../../test/run-story.ts";
import { legacyPayloads } from "./legacy-payloads.ts";

const netbox = "https://netbox.example.com";

test("each object of the stage's own kind is told in the older dialect", () => {
  const event = batchTold("devices", {
    key: "hosts_1",
    objects: [
      { kind: "tag", name: "Proxbox", outcome: "created", id: 1 },
      { kind: "device", name: "pve1", outcome: "created", id: 4 },
      {
        kind: "device",
        name: "pve2",
        outcome: "failed",
        error: { code: "netbox_refused", message: "NetBox refused it.", object: "pve2", retryable: false },
      },
      { kind: "device", name: "pve3", outcome: "skipped", id: 6, reason: "The node is offline." },
    ],
  });
  expect(legacyPayloads(event, netbox)).toEqual([
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
  [stageTold("devices", "done"), [{ object: "device", end: true }]],
  [stageTold("virtual-machines", "failed"), [{ object: "virtual_machine", end: true }]],
  [stageTold("network-interfaces", "cancelled"), [{ object: "node_interface", end: true }]],
  [stageTold("vm-backups", "done"), []],
  [stageTold("devices", "started"), []],
  [told("run.done"), []],
  [batchTold("storage", { key: "a", objects: [{ kind: "storage", name: "local", outcome: "created" }] }), []],
] as const)("the end of a stage is told, where the dialect knows it: %#", (event, expected) => {
  expect(legacyPayloads(event, netbox)).toEqual([...expected]);
});
