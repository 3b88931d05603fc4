import { expect, test } from "bun:test";
import type { PluginFrame } from "../frames/frame.ts";
import { type SocketMessage, socketMessages } from "./messages.ts";

const device = { object: "device", type: "create", data: { name: "pve1" } };
const step = (data: Record<string, unknown>): PluginFrame => ({ event: "step", data });

test.each<[string, PluginFrame, SocketMessage[]]>([
  ["an object", step({ step: "device", status: "completed", payload: device }), [device]],
  ["the end of another kind", step({ payload: { object: "vm_ip", end: true } }), [{ object: "vm_ip", end: true }]],
  ["the end of a stage of the command's own kind", step({ payload: { object: "device", end: true } }), []],
  [
    "how far it is",
    step({ status: "progress", message: "3 of 7." }),
    [{ object: "run", status: "running", message: "3 of 7." }],
  ],
  ["the sum before the end", step({ status: "completed", message: "Done.", result: { count: 1 } }), []],
  [
    "a batch",
    { event: "substep", data: { event: "substep", phase: "devices", substep: "k", message: "Batch 1 of 2." } },
    [{ object: "run", status: "running", phase: "devices", message: "Batch 1 of 2." }],
  ],
  [
    "an error",
    {
      event: "error_detail",
      data: { event: "error_detail", phase: "devices", message: "No.", suggestion: "Grant it." },
    },
    [{ object: "error", phase: "devices", message: "No.", suggestion: "Grant it." }],
  ],
  ["what has a twin", { event: "item_progress", data: { item: {} } }, []],
  ["what the end repeats", { event: "error", data: { error: "No." } }, []],
  [
    "a good end",
    { event: "complete", data: { ok: true, message: "Done.", result: {} } },
    [{ object: "device", end: true, status: "completed", message: "Done." }],
  ],
  [
    "a bad end",
    { event: "complete", data: { ok: false, message: "No.", errors: [{ detail: "No." }] } },
    [{ object: "device", end: true, status: "failed", message: "No.", error: "No." }],
  ],
])("%s", (_, frame, messages) => {
  expect(socketMessages(frame, "device")).toEqual(messages);
});
