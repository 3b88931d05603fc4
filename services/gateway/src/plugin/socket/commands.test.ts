import { expect, test } from "bun:test";
import { keyIn, readCommand } from "./commands.ts";

const run_id = "0123456789abcdef";

test.each<[string, string, string | null]>([
  ["Full Update", "/full-update", null],
  ["Full Update Sync", "/full-update", null],
  [" Sync Nodes \n", "/dcim/devices/create", null],
  ["Sync Virtual Machines", "/virtualization/virtual-machines/create", null],
  [JSON.stringify({ command: "Full Update", run_id }), "/full-update", run_id],
  [JSON.stringify({ command: "Sync Nodes" }), "/dcim/devices/create", null],
])("%s is understood", (text, path, runId) => {
  expect(readCommand(text)).toMatchObject({ meaning: { path: { path } }, runId });
});

test("other words are told back, with those that there are", () => {
  expect(readCommand("Delete Everything")).toEqual({
    refusal: [
      "Invalid command: Delete Everything",
      "Valid commands: Full Update, Full Update Sync, Sync Nodes, Sync Virtual Machines.",
    ],
  });
  expect(readCommand("full update")).toHaveProperty("refusal");
});

test.each<[string, object, object]>([
  ["an unknown command", { command: "Delete", run_id }, { run_id, message: "Invalid sync command" }],
  ["no command", { run_id }, { run_id, message: "Invalid sync command" }],
  ["a command that is no text", { command: 7, run_id }, { run_id, message: "Invalid sync command" }],
  ["a run_id that is too short", { command: "Sync Nodes", run_id: "short" }, { message: "Invalid sync command" }],
  ["a run_id that is no text", { command: "Sync Nodes", run_id: 12345678 }, { message: "Invalid sync command" }],
])("%s in the second form is told as an object", (_, sent, told) => {
  const answer = readCommand(JSON.stringify(sent));
  const [text = "", ...others] = "refusal" in answer ? answer.refusal : [];
  expect([JSON.parse(text), others]).toEqual([{ object: "error", detail: expect.any(String), ...told }, []]);
});

test.each<[string, string]>([
  ['{"api_key":" secret "}', "secret"],
  ['{"api_key":7}', ""],
  ['{"key":"secret"}', ""],
  ["secret", ""],
  ['["secret"]', ""],
  ["null", ""],
  ["", ""],
])("the key in %j is %j", (text, key) => {
  expect(keyIn(text)).toBe(key);
});
