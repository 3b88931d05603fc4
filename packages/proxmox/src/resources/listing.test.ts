import { expect, test } from "bun:test";
import { listingOf } from "./listing.ts";

const qemu = { id: "qemu/100", type: "qemu", vmid: 100, node: "pve1", name: "web", status: "running" };

test("guests are listed by vmid with what NetBox needs of them", () => {
  const { guests } = listingOf([
    { ...qemu, vmid: "102", type: "lxc", maxcpu: "0.5", maxmem: "536870912", template: "0", tags: "b;a" },
    { ...qemu, maxcpu: 4, maxmem: 4_294_967_297, template: 1, pool: "p", lock: "backup", uptime: 9 },
  ]);
  expect(guests).toEqual([
    {
      vmid: 100,
      type: "qemu",
      node: "pve1",
      known: true,
      name: "web",
      state: "running",
      status: "active",
      template: true,
      vcpus: 4,
      memoryMebibytes: 4_096,
      tags: [],
      pool: "p",
      lock: "backup",
      uptimeSeconds: 9,
    },
    {
      vmid: 102,
      type: "lxc",
      node: "pve1",
      known: true,
      name: "web",
      state: "running",
      status: "active",
      template: false,
      vcpus: 0.5,
      memoryMebibytes: 512,
      tags: ["b", "a"],
      pool: null,
      lock: null,
      uptimeSeconds: null,
    },
  ]);
});

test.each([
  ["no name", { name: undefined }, { name: "vm-100" }],
  ["a null name", { name: null }, { name: "vm-100" }],
  ["a blank name", { name: "  " }, { name: "vm-100" }],
  ["a name of digits", { name: 42 }, { name: "42" }],
  ["an offline node", { status: "unknown" }, { known: false, state: "unknown", status: null }],
  ["no state", { status: undefined }, { state: "unknown", status: null }],
  ["a third of a CPU", { maxcpu: 1 / 3 }, { vcpus: 0.33 }],
  ["no CPUs", { maxcpu: 0 }, { vcpus: null }],
  ["no memory", { maxmem: 0 }, { memoryMebibytes: null }],
])("%s", (_, change, guest) => {
  expect(listingOf([{ ...qemu, ...change }]).guests).toMatchObject([guest]);
});

test.each([
  ["another type", { type: "openvz" }],
  ["no vmid", { vmid: undefined }],
  ["no node", { node: undefined }],
])("%s is no guest", (_, change) => {
  expect(listingOf([{ ...qemu, ...change }]).guests).toEqual([]);
});

test("a guest in migration counts once, where it runs", () => {
  const stopped = { ...qemu, node: "pve2", status: "stopped" };
  expect(listingOf([qemu, stopped]).guests).toMatchObject([{ node: "pve1" }]);
  expect(listingOf([stopped, qemu]).guests).toMatchObject([{ node: "pve1" }]);
});

test("nodes and storages are listed too", () => {
  const rows = [
    { id: "node/pve1", type: "node", node: "pve1", status: "online" },
    { id: "node/pve2", type: "node", node: "pve2", status: "offline" },
    { id: "storage/pve1/local", type: "storage", node: "pve1", storage: "local", status: "available", shared: 0 },
    { id: "sdn/pve1/zone", type: "sdn", node: "pve1", sdn: "zone" },
  ];
  expect(listingOf(rows)).toEqual({
    guests: [],
    nodes: [
      { name: "pve1", state: "online", status: "active" },
      { name: "pve2", state: "offline", status: "offline" },
    ],
    storages: [{ name: "local", node: "pve1", state: "available", shared: false }],
  });
});
