import { expect, test } from "bun:test";
import { ContractError } from "@proxbox/contracts/errors";
import { CancelledError, ConfigError, NetBoxAPIError, ProxmoxAPIError } from "@proxbox/runtime/errors";
import { badQuestion, failedAnswer, notThere } from "./failures.ts";

const statuses: [unknown, number][] = [
  [badQuestion("No."), 400],
  [new ContractError("No.", "/"), 400],
  [notThere("No."), 404],
  [new ProxmoxAPIError("proxmox_not_found", "No."), 404],
  [new ProxmoxAPIError("proxmox_unauthorized", "No.", { status: 401 }), 502],
  [new ProxmoxAPIError("proxmox_forbidden", "No.", { status: 403 }), 502],
  [new ProxmoxAPIError("proxmox_unreachable", "No."), 502],
  [new ProxmoxAPIError("proxmox_timeout", "No."), 504],
  [new NetBoxAPIError("netbox_unauthorized", "No."), 502],
  [new NetBoxAPIError("netbox_overloaded", "No."), 503],
  [new NetBoxAPIError("netbox_timeout", "No."), 504],
  [new ConfigError("secret_unreadable", "No."), 503],
  [new CancelledError("No."), 504],
  [new TypeError("x is not a function"), 500],
];

test("each failure has its status, and none is the caller's own key", () => {
  for (const [thrown, status] of statuses) expect([thrown, failedAnswer(thrown).status]).toEqual([thrown, status]);
});
