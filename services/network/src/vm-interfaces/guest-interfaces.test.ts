import { expect, test } from "bun:test";
import { type Desired, isRef } from "@proxbox/netbox/desired";
import { parseNics } from "@proxbox/proxmox/parse/nic";
import { matchCards } from "../cards/match.ts";
import type { GuestInterfaceRow } from "./facts.ts";
import { desiredGuestInterfaces, swappedLinks } from "./guest-interfaces.ts";

const [first = "", second = ""] = ["BC:24:11:00:00:01", "BC:24:11:00:00:02"];
const nics = parseNics({ net0: `virtio=${first}`, net1: `virtio=${second}` });
const guest = (names: Record<string, string | null>) => {
  const interfaces = Object.entries(names).map(([name, mac]) => ({ name, mac, addresses: [] }));
  const cards = new Map(nics.map(({ key, index }) => [key, { kind: "vm-interface" as const, id: 50 + index }]));
  return { vm: 7, machine: "web", label: "web (vmid 100)", interfaces, behind: matchCards(nics, interfaces), cards };
};
const row = (id: number, name: string, mac: string, card: number | null, ours = true): GuestInterfaceRow => ({
  id,
  vm: 7,
  name,
  mac: mac.toLowerCase(),
  card,
  ours,
});
const short = ({ id, values }: Desired) =>
  `${id ?? "new"} ${values.name} ${isRef(values.vm_interface) && "id" in values.vm_interface ? values.vm_interface.id : "-"}`;

type Case = [string, Record<string, string | null>, GuestInterfaceRow[], string[], number[]];

test.each<Case>([
  [
    "every one has a row",
    { lo: null, ens18: first, docker0: null },
    [],
    ["new lo -", "new ens18 50", "new docker0 -"],
    [],
  ],
  [
    "a card is linked once",
    { ens18: first, br0: first, ens19: second },
    [],
    ["new ens18 50", "new br0 -", "new ens19 51"],
    [],
  ],
  ["rows are found by name", { ens18: first }, [row(1, "ens18", "", null)], ["1 ens18 50"], []],
  ["a renamed one is renamed", { ens18: first }, [row(1, "eth0", first, 50)], ["1 ens18 50"], []],
  [
    "unless both are there",
    { ens18: first, eth0: first },
    [row(1, "eth0", first, 50)],
    ["new ens18 50", "1 eth0 -"],
    [],
  ],
  [
    "one that is gone goes",
    { ens18: first },
    [row(1, "ens18", first, 50), row(2, "veth1", "02:00:00:00:00:01", null)],
    ["1 ens18 50"],
    [2],
  ],
  ["an operator's stays", { ens18: first }, [row(2, "veth1", "02:00:00:00:00:01", null, false)], ["new ens18 50"], []],
])("%s", (_, names, rows, desired, gone) => {
  const result = desiredGuestInterfaces(guest(names), rows);
  expect(result.desired.map(short)).toEqual(desired);
  expect(result.gone.map(({ id }) => id)).toEqual(gone);
});

test("the MAC address is in lower case, and empty where there is none", () => {
  const { desired } = desiredGuestInterfaces(guest({ lo: null, ens18: first }), []);
  expect(desired.map(({ values }) => values.mac_address)).toEqual(["", "bc:24:11:00:00:01"]);
});

test("links that others take are given up first", () => {
  const rows = [row(1, "eth0", first, 50), row(2, "eth1", second, 51), row(3, "lo", "", null)];
  const { desired } = desiredGuestInterfaces(guest({ lo: null, eth0: second, eth1: first }), rows);
  expect(desired.map(short)).toEqual(["3 lo -", "1 eth0 51", "2 eth1 50"]);
  expect(swappedLinks(desired, rows).map(({ id, values }) => [id, values])).toEqual([
    [1, { vm_interface: null }],
    [2, { vm_interface: null }],
  ]);
  const settled = desiredGuestInterfaces(guest({ lo: null, eth0: first, eth1: second }), rows).desired;
  expect(swappedLinks(settled, rows)).toEqual([]);
});
