import { expect, test } from "bun:test";
import { listingOf } from "@proxbox/proxmox/resources/listing";
import { planGuests } from "./plan.ts";

test("a guest whose node is silent keeps its name, and nobody takes it meanwhile", () => {
  const row = { type: "qemu", node: "pve1" };
  const { guests } = listingOf([
    { ...row, vmid: 100, status: "unknown" },
    { ...row, vmid: 101, status: "running", name: "web" },
    { ...row, vmid: 102, status: "running", name: "web" },
  ]);
  const machine = (id: number, name: string) => ({
    id,
    name,
    cluster: 5,
    ours: true,
    givenUp: false,
    hasDisks: false,
    site: null,
    tenant: null,
    role: null,
    primaryIp4: null,
    primaryIp6: null,
  });
  const state = (vm: number, vmid: number) => ({
    vm,
    endpoint: 1,
    vmid,
    type: "qemu",
    name: "web",
    tags: "",
    lastRole: null,
  });
  const { planned, vacate } = planGuests(
    guests,
    {
      pluginEndpoint: 1,
      cluster: 5,
      vms: [machine(1, "web"), machine(2, "web (2)")],
      cloudInits: new Map(),
      states: [state(1, 100), state(2, 101)],
    },
    () => null,
    {},
  );
  expect(planned.map(({ vm, name }) => [vm, name])).toEqual([
    [1, "web"],
    [2, "web (2)"],
    [null, "web (3)"],
  ]);
  expect(vacate).toEqual([]);
});
