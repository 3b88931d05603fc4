import { expect, test } from "bun:test";
import { stageNames } from "@proxbox/contracts/stages";
import { askedStages, faultOf, stageQuery } from "./stages.ts";

test("every stage is asked for, in order, but the one that is off by default", () => {
  expect(askedStages.map(({ stage }) => stage)).toEqual(stageNames.filter((name) => name !== "sdn"));
});

test("a stage is asked for one endpoint, with the plugin's defaults", () => {
  const query = stageQuery(7, { delete_nonexistent_backup: "true" });
  expect(Object.fromEntries(query)).toMatchObject({
    proxmox_endpoint_ids: "7",
    sync_mode_vm: "always",
    sync_mode_sdn_bgp: "disabled",
    overwrite_vm_tags: "true",
    overwrite_vm_platform: "false",
    delete_nonexistent_backup: "true",
  });
});

test.each<[string, string | null]>([
  ['event: step\ndata: {"ok": false}\n\nevent: complete\ndata: {"ok": true, "message": "done"}\n\n', null],
  ['event: complete\ndata: {"ok": false, "message": "devices sync failed."}\n\n', "devices sync failed."],
  ['event: step\ndata: {"step": "devices"}\n\n', "the stream ended without a frame that says so"],
])("%j", (stream, fault) => {
  expect(faultOf(stream)).toBe(fault);
});
