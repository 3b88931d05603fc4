import { expect } from "bun:test";
import { failureOf } from "../../src/plugin/backend.ts";
import type { Checks, ContractWorld } from "./world.ts";

/** What writes to Proxmox, makes guests or opens terminals: answered with 501 and a sentence that the plugin shows. */
export const absentChecks = {
  "GET /pbs/status": (world) => absent(world, ["GET", "/pbs/status"]),
  "POST /proxmox/{type}/{vmid}/{verb}": (world) =>
    absent(
      world,
      ...["start", "stop", "snapshot", "migrate"].map(
        (verb) => ["POST", `/proxmox/qemu/100/${verb}?endpoint_id=1`] as const,
      ),
    ),
  "PUT /proxmox/{type}/{vmid}/tags": (world) =>
    absent(world, ["PUT", "/proxmox/lxc/100/tags?endpoint_id=1"], ["PATCH", "/proxmox/lxc/100/tags?endpoint_id=1"]),
  "POST /proxmox/cluster/ha/{arm,disarm}": (world) =>
    absent(world, ["POST", "/proxmox/cluster/ha/arm"], ["POST", "/proxmox/cluster/ha/disarm"]),
  "/proxmox/firewall/** (writes)": (world) =>
    absent(
      world,
      ["POST", "/proxmox/firewall/datacenter/rules?endpoint_id=1"],
      ["PUT", "/proxmox/firewall/datacenter/rules/0?endpoint_id=1"],
      ["PUT", "/proxmox/firewall/nodes/pve1/options?endpoint_id=1"],
      ["POST", "/proxmox/firewall/vms/100/rules?endpoint_id=1&node=pve1&vm_type=qemu"],
      ["POST", "/proxmox/firewall/vnets/v1/rules?endpoint_id=1"],
    ),
  "/cloud/**": (world) =>
    absent(
      world,
      ["GET", "/cloud/vm/templates?endpoint_id=1&cloud_init_only=false"],
      ["GET", "/cloud/lxc/templates?endpoint_id=1"],
      ["POST", "/cloud/vm/provision"],
      ["POST", "/cloud/lxc/provision"],
      ["POST", "/cloud/templates/images"],
    ),
  "/ssh/**": (world) =>
    absent(world, ["POST", "/ssh/sessions"], ["GET", "/ssh/host-key-fingerprint?host=127.0.0.1&port=22"]),
  "/intent/**": (world) =>
    absent(
      world,
      ["POST", "/intent/plan"],
      ["POST", "/intent/apply?endpoint_id=1"],
      ["PUT", "/intent/tag-pending-deletion"],
      ["PUT", "/intent/untag-pending-deletion"],
      ["POST", "/intent/deletion-requests/1/execute"],
    ),
  "POST /proxmox/console/browser-sessions": (world) => absent(world, ["POST", "/proxmox/console/browser-sessions"]),
  "POST /proxmox/metrics/**": (world) =>
    absent(world, ["POST", "/proxmox/metrics/influx/query"], ["POST", "/proxmox/metrics/pull/query"]),
  "paths of proxbox_cli alone": (world) =>
    absent(world, ["GET", "/proxbox/settings"], ["GET", "/proxbox/netbox/status"], ["GET", "/proxmox/viewer/"]),
} satisfies Checks;

/** 501 with one sentence wherever the plugin looks for it: in `detail`, `message` and `reason`. */
async function absent({ ask }: ContractWorld, ...calls: readonly (readonly [string, string])[]): Promise<void> {
  for (const [method, path] of calls) {
    const answer = await ask(method, path, method === "GET" ? {} : { body: {} });
    expect({ method, path, status: answer.status }).toEqual({ method, path, status: 501 });
    const { detail, message, python_exception: exception, ok } = answer.json as Record<string, unknown>;
    expect(detail).toBeString();
    expect(String(detail)).toMatch(/[a-z]\. \S.*\.$/);
    expect(message).toBe(detail as string);
    expect(exception).toBeNull();
    // A truth value here would be taken for success or failure of another kind.
    expect(ok).toBeUndefined();
    expect(failureOf(answer)).toBe(String(detail));
  }
}
