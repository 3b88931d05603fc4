import { describe, expect, test } from "bun:test";
import type { EstateGuest } from "@proxbox/estate/estates";
import type { AgentAnswer } from "@proxbox/proxmox/observe-agents";
import { parseAgentInterfaces } from "@proxbox/proxmox/parse/agent-interfaces";
import { guestConfigOf } from "@proxbox/proxmox/resources/guests";
import type { GuestNetwork } from "../cards/observe.ts";
import { wantedAddresses } from "./wanted.ts";

const mac = "BC:24:11:00:00:01";
const nic = { net0: `virtio=${mac},bridge=vmbr0`, agent: "1" };
const veth = `name=eth0,bridge=vmbr0,hwaddr=${mac},type=veth`;
const options = { ignore_ipv6_link_local_addresses: true, primary_ip_preference: "ipv4" } as const;

const network = (type: "qemu" | "lxc", config: Record<string, string>, agent: AgentAnswer): GuestNetwork => ({
  guest: { vmid: 100, type, name: "web" } as EstateGuest,
  config: guestConfigOf(config, type),
  agent,
});
const telling = (...addresses: string[]): AgentAnswer => ({
  state: "ok",
  hostname: null,
  interfaces: parseAgentInterfaces([interfaceOf("ens18", mac, addresses)]),
});
const interfaceOf = (name: string, hardware: string, addresses: readonly string[]) => ({
  name,
  "hardware-address": hardware,
  "ip-addresses": addresses.map((text) => {
    const [host, prefix] = text.split("/");
    return { "ip-address": host, prefix: prefix === undefined ? undefined : Number(prefix) };
  }),
});
const none = (reason: "stopped" | "disabled" | "unknown"): AgentAnswer => ({ state: "none", reason });
const failed: AgentAnswer = { state: "failed", error: { code: "proxmox_timeout", message: "late", retryable: true } };
const found = (one: GuestNetwork, change: Partial<Parameters<typeof wantedAddresses>[1]> = {}) =>
  wantedAddresses(one, { ...options, ...change });
const texts = (one: ReturnType<typeof found>) => one.wanted.map(({ address }) => address.address);

describe("what a guest tells", () => {
  test.each([
    ["10.0.0.5", ["10.0.0.5/32"]],
    ["169.254.1.1/16", []],
    ["fe80::1%eth0/64", []],
    ["::1/128", []],
    ["127.0.0.1/8", []],
    ["0.0.0.0/0", []],
    ["224.0.0.1/4", []],
    ["ff02::1/128", []],
    ["2001:DB8:0::1/64", ["2001:db8::1/64"]],
    ["no address", []],
  ])("%s", (text, expected) => {
    expect(texts(found(network("qemu", nic, telling(text))))).toEqual(expected);
  });

  test("an address with a mask in it is none", () => {
    const interfaces = parseAgentInterfaces([
      { name: "ens18", "hardware-address": mac, "ip-addresses": [{ "ip-address": "192.0.2.1/24" }] },
    ]);
    expect(texts(found(network("qemu", nic, { state: "ok", hostname: null, interfaces })))).toEqual([]);
  });

  test("link-local addresses of both families are kept when they are asked for", () => {
    const one = network("qemu", nic, telling("169.254.1.1/16", "fe80::1/64"));
    expect(texts(found(one, { ignore_ipv6_link_local_addresses: false }))).toEqual(["169.254.1.1/16", "fe80::1/64"]);
  });

  test("the preferred family comes first, else the guest's order stays", () => {
    const one = network("qemu", nic, telling("2001:db8::5/64", "10.0.0.5/24", "10.0.0.6/32", "fe80::1/64"));
    expect(texts(found(one))).toEqual(["10.0.0.5/24", "10.0.0.6/32", "2001:db8::5/64"]);
    expect(texts(found(one, { primary_ip_preference: "ipv6" }))).toEqual([
      "2001:db8::5/64",
      "10.0.0.5/24",
      "10.0.0.6/32",
    ]);
  });

  test("what no interface may have is set apart", () => {
    const { wanted, unusable } = found(network("qemu", nic, telling("10.0.0.0/24", "10.0.0.255/24", "10.0.1.0/31")));
    expect(wanted.map(({ address }) => address.address)).toEqual(["10.0.1.0/31"]);
    expect(unusable.map(({ address }) => `${address.address} ${address.scope}`)).toEqual([
      "10.0.0.0/24 network",
      "10.0.0.255/24 broadcast",
    ]);
  });

  test("only what is behind a card counts, and it says behind which", () => {
    const interfaces = parseAgentInterfaces([
      interfaceOf("lo", "00:00:00:00:00:00", ["127.0.0.1/8"]),
      interfaceOf("ens18", mac, ["10.0.0.5/24"]),
      interfaceOf("br0", mac, ["10.0.0.5/24", "10.0.0.7/24"]),
      interfaceOf("docker0", "02:42:AC:11:00:01", ["172.17.0.1/16"]),
    ]);
    const { wanted } = found(network("qemu", nic, { state: "ok", hostname: null, interfaces }));
    expect(wanted.map(({ card, address, guestInterface }) => `${card} ${address.address} ${guestInterface}`)).toEqual([
      "net0 10.0.0.5/24 ens18",
      "net0 10.0.0.7/24 br0",
    ]);
  });
});

const init = { ...nic, ipconfig0: "ip=10.0.0.5/24,gw=10.0.0.1,ip6=auto" };
const still = { net0: `${veth},ip=10.0.0.5/24,ip6=2001:db8::5/64` };

type Case = [string, "qemu" | "lxc", Record<string, string>, AgentAnswer, string[], boolean, string[]];

describe("what counts, and what it proves", () => {
  test.each<Case>([
    [
      "what the guest tells comes before cloud-init",
      "qemu",
      init,
      telling("10.0.0.9/24"),
      ["10.0.0.9/24"],
      false,
      ["4", "6", "other"],
    ],
    ["cloud-init, when the card has none yet", "qemu", init, telling(), ["10.0.0.5/24"], false, ["4", "6", "other"]],
    ["no agent: cloud-init is all there is", "qemu", init, none("disabled"), ["10.0.0.5/24"], false, ["4"]],
    ["stopped: cloud-init, where nothing better is known", "qemu", init, none("stopped"), ["10.0.0.5/24"], true, []],
    ["silent: the same", "qemu", init, failed, ["10.0.0.5/24"], true, []],
    ["dhcp says nothing", "qemu", { ...nic, ipconfig0: "ip=dhcp" }, none("disabled"), [], false, []],
    ["cloud-init of another card", "qemu", { ...nic, ipconfig1: "ip=10.0.0.5/24" }, none("disabled"), [], false, []],
    ["a container that runs", "lxc", still, telling("10.0.0.9/24"), ["10.0.0.9/24"], false, ["4", "6", "other"]],
    [
      "a container that is stopped",
      "lxc",
      still,
      none("stopped"),
      ["10.0.0.5/24", "2001:db8::5/64"],
      false,
      ["4", "6"],
    ],
    ["a container whose node is silent", "lxc", still, failed, ["10.0.0.5/24", "2001:db8::5/64"], false, []],
    ["a container with dhcp", "lxc", { net0: `${veth},ip=dhcp,ip6=auto` }, none("stopped"), [], false, []],
  ])("%s", (_, type, config, agent, expected, lastResort, proven) => {
    const result = found(network(type, config, agent));
    expect(texts(result)).toEqual(expected);
    expect(result.wanted.some((one) => one.lastResort)).toBe(lastResort);
    const known = [
      ...(result.isWhole("net0", 4) ? ["4"] : []),
      ...(result.isWhole("net0", 6) ? ["6"] : []),
      ...(result.isWhole(null, 4) ? ["other"] : []),
    ];
    expect(known).toEqual(proven);
  });
});
