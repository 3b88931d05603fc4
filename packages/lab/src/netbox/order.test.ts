import { expect, test } from "bun:test";
import type { Row } from "./model.ts";
import { modelsFor } from "./models/all.ts";
import { inOrder } from "./order.ts";
import { traitsOf } from "./versions.ts";
import { createWorld, tableAt } from "./world.ts";

const traits = traitsOf("4.6.8");
const world = createWorld(modelsFor("0.0.29.post6", traits), traits);

const ordered = (path: string, names: readonly string[]): unknown[] => {
  const { model } = tableAt(world, path);
  const rows = names.map((name, at) => ({ id: at + 1, name }) as unknown as Row);
  return rows.sort(inOrder(world, model, ["name"])).map((row) => row.name);
};

// As NetBox 4.6.8 listed them.
test.each([
  ["dcim/interfaces", ["ENO1", "bond0", "eno1", "eno2", "eth0:1", "f", "vmbr0", "vmbr0.5", "vmbr0.6", "vmbr1", "wl"]],
  ["virtualization/interfaces", ["NET10", "a", "m", "net2", "net10", "o"]],
  ["virtualization/virtual-disks", ["scsi0", "SCSI0", "scsi2", "scsi10"]],
])("names of %s", (path, names) => {
  expect(ordered(path, names.toReversed())).toEqual(names);
});
