import { expect, test } from "bun:test";
import type { EstateGuest } from "@proxbox/estate/estates";
import type { AgentAnswer } from "@proxbox/proxmox/observe-agents";
import { parseAgentInterfaces } from "@proxbox/proxmox/parse/agent-interfaces";
import { guestConfigOf } from "@proxbox/proxmox/resources/guests";
import { areNamedByGuests, guestNamesOf } from "./names.ts";

const [first, second] = ["BC:24:11:00:00:01", "BC:24:11:00:00:02"];
const config = guestConfigOf({ net0: `virtio=${first}`, net1: `e1000=${second}` }, "qemu");
const interfaces = parseAgentInterfaces([
  { name: "lo", "hardware-address": "00:00:00:00:00:00" },
  { name: "ens18", "hardware-address": first },
  { name: "br0", "hardware-address": first },
]);
const answer: AgentAnswer = { state: "ok", interfaces, hostname: null };
const failed: AgentAnswer = { state: "failed", error: { code: "proxmox_timeout", message: "late", retryable: true } };
const guest = { vmid: 100, name: "web" } as EstateGuest;

test.each([
  ["guest_os_model", true, answer, null],
  ["guest_os_model", false, answer, null],
  ["legacy_rename", false, answer, null],
  ["legacy_rename", true, answer, [["net0", "ens18"]]],
  ["legacy_rename", true, failed, []],
  ["legacy_rename", true, null, []],
] as const)("%s, with use_guest_agent_interface_name %p", (strategy, use, agent, names) => {
  const options = { vm_interface_sync_strategy: strategy, use_guest_agent_interface_name: use };
  const found = guestNamesOf({ guest, config, agent }, options);
  expect(found && [...found]).toEqual(names as never);
  expect(areNamedByGuests(options)).toBe(found !== null);
});
