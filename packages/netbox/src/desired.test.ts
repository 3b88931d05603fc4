import { expect, test } from "bun:test";
import { type Desired, pointingTo } from "./desired.ts";

test("references to known rows become references by id, at no other place", () => {
  const platform = { kind: "platform", identity: { slug: "debian" } } as const;
  const other = { kind: "platform", identity: { slug: "other" } } as const;
  const cluster = { kind: "cluster", id: 7 } as const;
  const desired: Desired = {
    kind: "virtual-machine",
    identity: { name: "web", cluster },
    values: { platform, old: other, cluster, name: "web", disk: null },
    label: "web",
  };
  const role = { kind: "device-role", identity: { slug: "debian" }, id: 8 } as const;
  const result = pointingTo([role, { ...platform, id: 9 }])(desired);
  expect(result).toEqual({ ...desired, values: { ...desired.values, platform: { kind: "platform", id: 9 } } });
  expect(desired.values.platform).toBe(platform);
});
