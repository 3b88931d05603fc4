import { expect, test } from "bun:test";
import type { HostBinding } from "@proxbox/netbox/hosts/bind";
import type { ProxmoxEndpoint } from "@proxbox/runtime/endpoints";
import { unplacedItem } from "./unplaced.ts";

const endpoint = { id: 2, name: "Lab (nb:2)" } as ProxmoxEndpoint;
const binding = (more: Partial<HostBinding>) =>
  ({ twin: null, problem: null, cluster: { id: null, name: "pve" }, ...more }) as HostBinding;

test("a twin is skipped and names who has the cluster", () => {
  expect(unplacedItem(endpoint, "pve", binding({ twin: "Main" }))).toEqual({
    key: "twin_2",
    endpoint: 2,
    report: {
      objects: [{ kind: "cluster", name: "pve", outcome: "skipped", reason: expect.stringContaining("Main") }],
    },
  });
});

test.each<[string, HostBinding | undefined, string]>([
  [
    "what was chosen does not exist",
    binding({ problem: { message: "No site.", field: "site", next: "Make it." } }),
    "placement_missing",
  ],
  ["its cluster could not be made", binding({}), "cluster_missing"],
  ["it was not placed at all", undefined, "cluster_missing"],
])("%s: the endpoint failed", (_, bound, code) => {
  expect(unplacedItem(endpoint, "pve", bound)).toMatchObject({ endpoint: 2, report: { objects: [], error: { code } } });
});
