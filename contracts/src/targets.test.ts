import { expect, test } from "bun:test";
import { isAskedFor, isTargeted, type Target, type TargetOptions } from "./targets.ts";

const known: Target = { vmid: 100, vm: 7 };
const unknown: Target = { vmid: 100, vm: null };

test.each<[TargetOptions, boolean, boolean, boolean]>([
  [{}, false, true, true],
  [{ netbox_vm_ids: [7] }, true, true, false],
  [{ netbox_vm_ids: [8] }, true, false, false],
  [{ vmids: [100] }, true, true, true],
  [{ vmids: [7] }, true, false, false],
  [{ netbox_vm_ids: [7], vmids: [100, 101] }, true, true, false],
  [{ netbox_vm_ids: [8], vmids: [100] }, true, false, false],
])("%p: targeted %p, a guest with a machine %p, one without %p", (options, targeted, withMachine, without) => {
  expect(isTargeted(options)).toBe(targeted);
  expect(isAskedFor(options, known)).toBe(withMachine);
  expect(isAskedFor(options, unknown)).toBe(without);
});
