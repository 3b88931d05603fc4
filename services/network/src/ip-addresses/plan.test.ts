import { expect, test } from "bun:test";
import { SyncOptions } from "@proxbox/contracts/sync-options";
import type { EstateGuest } from "@proxbox/estate/estates";
import type { AgentAnswer } from "@proxbox/proxmox/observe-agents";
import { parseAgentInterfaces } from "@proxbox/proxmox/parse/agent-interfaces";
import { guestConfigOf } from "@proxbox/proxmox/resources/guests";
import { Value } from "@sinclair/typebox/value";
import { type AddressRow, settleAddresses } from "../addresses/settle.ts";
import { desiredAddresses, desiredReferences } from "./desired.ts";
import type { GuestLinks } from "./links.ts";
import { knowledgeOf, ownerOf, placeGuest } from "./place.ts";
import { conflictsOf, planGuest, staleLinks } from "./plan.ts";

const options = Value.Create(SyncOptions);
const macOf = (vmid: number) => `BC:24:11:00:00:${vmid}`;
const answer = (vmid: number, hosts: readonly string[]): AgentAnswer => ({
  state: "ok",
  hostname: `host${vmid}`,
  interfaces: parseAgentInterfaces([
    {
      name: "ens18",
      "hardware-address": macOf(vmid),
      "ip-addresses": hosts.map((host) => ({ "ip-address": host, prefix: 24 })),
    },
  ]),
});

/** A guest on interface `10 * vm` of machine `vm`. */
const guest = (
  vm: number,
  hosts: readonly string[] | AgentAnswer,
  rows: readonly AddressRow[] = [],
  withCard = true,
) => {
  const vmid = 10 + vm;
  const network = {
    guest: {
      vmid,
      type: "qemu",
      name: `vm${vm}`,
      vm: { id: vm, name: `vm${vm}`, primaryIp4: null, primaryIp6: null },
    } as EstateGuest,
    config: guestConfigOf({ net0: `virtio=${macOf(vmid)}`, ipconfig0: "ip=10.0.0.99/24", agent: "1" }, "qemu"),
    agent: "state" in hosts ? hosts : answer(vmid, hosts),
  };
  const card = { id: vm * 10, name: "net0", ours: true, macs: [], primaryMac: null };
  return placeGuest(network, withCard ? [card] : [], rows, options);
};
const row = (id: number, vm: number | null, host: string, change: Partial<AddressRow> = {}): AddressRow => ({
  id,
  address: `${host}/24`,
  host,
  global: true,
  at: vm === null ? null : { type: "virtualization.vminterface", id: vm * 10 },
  owner: vm === null ? null : ownerOf(vm),
  label: vm === null ? "nothing" : `vm${vm} net0`,
  ours: true,
  plain: true,
  ...change,
});
const settle = (guests: ReturnType<typeof guest>[], rows: AddressRow[], gone: number[] = []) => {
  const knowledge = knowledgeOf(guests, new Set(gone));
  const claims = guests.flatMap((one) => one.claims.map(({ claim }) => claim));
  const settlement = settleAddresses(claims, rows, knowledge);
  return { stale: settlement.stale, settled: new Map(settlement.settled.map((entry) => [entry.claim, entry])) };
};
const states = (settled: ReturnType<typeof settle>["settled"]) =>
  [...settled.values()].map(({ claim, state }) => `${claim.label} ${claim.host} ${state}`);

test("an address that went from one guest to another goes with it", () => {
  const { settled, stale } = settle([guest(1, []), guest(2, ["10.0.0.5"])], [row(1, 1, "10.0.0.5")]);
  expect(states(settled)).toContain("vm2 (vmid 12) net0 10.0.0.5 move");
  expect(stale).toEqual([]);
});

const silent: AgentAnswer = { state: "failed", error: { code: "proxmox_timeout", message: "Late.", retryable: true } };

test("a guest whose agent fails keeps what it has, and says so", () => {
  const known = [row(1, 1, "10.0.0.5")];
  const one = guest(1, silent, known);
  const { settled, stale } = settle([one, guest(2, ["10.0.0.5"])], known);
  expect(states(settled)).toEqual(["vm2 (vmid 12) net0 10.0.0.5 conflict"]);
  expect(stale).toEqual([]);
  expect(one.told.map(({ reason }) => reason)).toEqual(["Late. NetBox keeps the addresses it has."]);
  expect(guest(1, silent).claims.map(({ claim }) => claim.address)).toEqual(["10.0.0.99/24"]);
});

test("what a guest had that is gone is free for others, and nothing of it is deleted", () => {
  const known = [row(1, 3, "10.0.0.5"), row(2, 3, "10.0.0.6")];
  const { settled, stale } = settle([guest(2, ["10.0.0.5"])], known, [3]);
  expect(states(settled)).toEqual(["vm2 (vmid 12) net0 10.0.0.5 move"]);
  expect(stale).toEqual([]);
});

test("a conflict is told once, with both owners", () => {
  const guests = [guest(1, ["10.0.0.5"]), guest(2, ["10.0.0.5", "10.0.0.6"])];
  const { settled } = settle(guests, [
    row(1, null, "10.0.0.6", { at: { type: "dcim.interface", id: 4 }, label: "pve1 vmbr0", ours: false }),
  ]);
  expect(conflictsOf(guests, settled)).toEqual([
    {
      kind: "ip-address",
      name: "vm2 (vmid 12) net0 10.0.0.5/24",
      outcome: "skipped",
      reason:
        "NetBox has it on vm1 (vmid 11) net0, and there it stays. If it is not shared on purpose, one of the two is wrong.",
    },
    {
      kind: "ip-address",
      name: "vm2 (vmid 12) net0 10.0.0.6/24",
      outcome: "skipped",
      reason:
        "NetBox has it on pve1 vmbr0, and there it stays. If it is not shared on purpose, one of the two is wrong.",
    },
  ]);
});

test("a card without interface in NetBox is told of once", () => {
  const { claims, told } = guest(1, ["10.0.0.5", "10.0.0.6"], [], false);
  expect(claims).toEqual([]);
  expect(told.map(({ name }) => name)).toEqual(["vm1 (vmid 11) net0"]);
});

const links: GuestLinks = {
  interfaces: new Map([
    ["1/ens18", 81],
    ["1/br0", 82],
  ]),
  addresses: new Set(["81/1", "82/1"]),
  ours: [
    { id: 91, vm: 1, guestInterface: 81, address: 1 },
    { id: 92, vm: 1, guestInterface: 82, address: 1 },
  ],
};

const planned = (guests: ReturnType<typeof guest>[], run: Parameters<typeof planGuest>[1], onlyNew = false) =>
  guests.flatMap((one) => planGuest(one, run, onlyNew) ?? []);

test("a guest has its addresses, the primary ones by their place, and the links that are missing", () => {
  const guests = [guest(1, ["10.0.0.5", "10.0.0.6"])];
  const { settled } = settle(guests, [row(1, 1, "10.0.0.5")]);
  const [plan] = planned(guests, { settled, leaving: new Set(), links });
  if (!plan) throw new Error("Nothing is planned.");
  expect(
    plan.addresses.map(({ granted, dnsName, link }) => [granted.claim.address, granted.state, dnsName, link]),
  ).toEqual([
    ["10.0.0.5/24", "keep", "host11", undefined],
    ["10.0.0.6/24", "create", "host11", 81],
  ]);
  expect(plan).toMatchObject({ vm: 1, machine: "vm1", label: "vm1 (vmid 11)", primary_ip4: 0 });
  expect(plan).not.toHaveProperty("primary_ip6");
  expect(desiredReferences(plan, [1, undefined]).map(({ kind, id, values }) => [kind, id, values])).toEqual([
    ["primary-addresses", 1, { primary_ip4: { kind: "ip-address", id: 1 } }],
  ]);
  expect(desiredReferences(plan, [undefined, 2]).map(({ kind, identity }) => [kind, identity])).toEqual([
    [
      "guest-vm-interface-address",
      { guest_interface: { kind: "guest-vm-interface", id: 81 }, ip_address: { kind: "ip-address", id: 2 } },
    ],
  ]);
  expect(staleLinks(guests, { settled, leaving: new Set(), links }).map(({ id }) => id)).toEqual([92]);
});

test("only new ones: what is there is left alone", () => {
  const guests = [guest(1, ["10.0.0.5", "10.0.0.6"])];
  const { settled } = settle(guests, [row(1, 1, "10.0.0.5")]);
  const [plan] = planned(guests, { settled, leaving: new Set(), links: null }, true);
  expect(plan?.addresses.map(({ granted }) => granted.claim.host)).toEqual(["10.0.0.6"]);
});

test("an address is active on its interface, with the guest's name; the flags protect an existing one", () => {
  const guests = [guest(1, ["10.0.0.5"])];
  const { settled } = settle(guests, [row(1, 1, "10.0.0.5")]);
  const plans = planned(guests, { settled, leaving: new Set(), links: null });
  const assigned = {
    assigned_object_type: "virtualization.vminterface",
    assigned_object_id: { kind: "vm-interface", id: 10 },
  };
  expect(desiredAddresses(plans, options)).toEqual([
    {
      kind: "ip-address",
      id: 1,
      identity: { address: "10.0.0.5/24", vrf: null, ...assigned } as never,
      values: { address: "10.0.0.5/24", ...assigned, status: "active", dns_name: "host11" },
      keep: [],
      tags: { add: ["proxbox"], keep: false },
      label: "vm1 (vmid 11) net0 10.0.0.5/24",
    },
  ]);
  const flags = { overwrite_ip_status: false, overwrite_ip_address_dns_name: false, overwrite_ip_tags: false };
  const [kept] = desiredAddresses(plans, { ...options, ...flags });
  expect(kept).toMatchObject({ keep: ["status", "dns_name"], tags: { keep: true } });
  const nameless = plans.map((plan) => ({
    ...plan,
    addresses: plan.addresses.map((one) => ({ ...one, dnsName: null })),
  }));
  expect(desiredAddresses(nameless, options)[0]?.values).not.toHaveProperty("dns_name");
});
