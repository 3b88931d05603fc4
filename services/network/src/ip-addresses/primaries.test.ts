import { expect, test } from "bun:test";
import type { AddressRow } from "../addresses/settle.ts";
import { choosePrimaries, type Granted } from "./primaries.ts";

const granted = (host: string, state: "create" | "keep" | "move" = "create", id = 0): Granted => {
  const at = { type: "virtualization.vminterface" as const, id: 1 };
  const claim = { address: `${host}/24`, host, at, owner: "virtual-machine/7", label: "web" };
  return state === "create" ? { claim, state } : { claim, state, row: { id } as AddressRow };
};
const four = granted("10.0.0.5");
const other = granted("10.0.0.6", "keep", 12);
const six = granted("2001:db8::5");
const nearby = granted("fe80::5");

test.each<[string, [number | null, number | null], Granted[], number[], Record<string, Granted>]>([
  ["none yet: the first of each family", [null, null], [four, other, six], [], { primary_ip4: four, primary_ip6: six }],
  ["one that is valid stays, also an operator's choice", [12, null], [four, other], [], {}],
  ["one that leaves the machine is replaced", [11, null], [four, other], [11], { primary_ip4: four }],
  ["no other: nothing", [11, null], [six], [11], { primary_ip6: six }],
  ["one that others can reach comes first", [null, null], [nearby, six], [], { primary_ip6: six }],
  ["else one of the link", [null, null], [nearby], [], { primary_ip6: nearby }],
  ["nothing at all", [11, 12], [], [11, 12], {}],
])("%s", (_, [primaryIp4, primaryIp6], all, leaving, expected) => {
  expect(choosePrimaries({ primaryIp4, primaryIp6 }, all, new Set(leaving))).toEqual(expected);
});

test("one that goes to another interface of the machine is primary again", () => {
  const moved = granted("10.0.0.7", "move", 13);
  expect(choosePrimaries({ primaryIp4: 13, primaryIp6: null }, [four, moved], new Set([13]))).toEqual({
    primary_ip4: moved,
  });
});
