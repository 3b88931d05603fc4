import { expect, test } from "bun:test";
import { failureStatus } from "./failure-status.ts";

test.each([
  ["no_endpoints", 400],
  ["netbox_not_configured", 400],
  ["netbox_refused", 502],
  ["proxmox_unauthorized", 502],
  ["netbox_forbidden", 502],
  ["proxmox_unreachable", 502],
  ["secret_unreadable", 503],
  ["netbox_overloaded", 503],
  ["cancelled", 503],
  ["proxmox_timeout", 504],
  ["item_deadline", 504],
  ["a_code_of_a_newer_release", 502],
] as const)("%s is %d", (code, status) => expect(failureStatus(code)).toBe(status));
