import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { parseAgentInterfaces, parseContainerInterfaces } from "./agent-interfaces.ts";

const ip = (address: string, prefix: unknown = 24) => ({ "ip-address": address, prefix, "ip-address-type": "ipv4" });
const row = (name: unknown, mac: unknown, ...addresses: object[]) => ({
  name,
  "hardware-address": mac,
  "ip-addresses": addresses,
});
const shape = (data: unknown) =>
  parseAgentInterfaces(data).map(({ name, mac, addresses }) => [name, mac, ...addresses.map(({ address }) => address)]);

describe("parseAgentInterfaces", () => {
  test("addresses keep their order, every scope stays", () => {
    const addresses = [ip("2001:db8::5", 64), ip("10.0.0.5"), ip("10.0.0.6", 32), ip("fe80::1", 64)];
    expect(shape({ result: [row("eth0", "bc:24:11:00:00:01", ...addresses)] })).toEqual([
      ["eth0", "BC:24:11:00:00:01", "2001:db8::5/64", "10.0.0.5/24", "10.0.0.6/32", "fe80::1/64"],
    ]);
  });

  test.each<[string, unknown, unknown[]]>([
    [
      "an alias is merged into its parent",
      [
        row("eth0", "bc:24:11:00:00:01", ip("10.0.0.5")),
        row("eth0:1", "bc:24:11:00:00:01", ip("10.0.0.6"), ip("10.0.0.5")),
      ],
      [["eth0", "BC:24:11:00:00:01", "10.0.0.5/24", "10.0.0.6/24"]],
    ],
    [
      "also one that comes first",
      [row("eth0:1", "bc:24:11:00:00:02", ip("10.0.0.6")), row("eth0", "bc:24:11:00:00:01", ip("10.0.0.5"))],
      [["eth0", "BC:24:11:00:00:01", "10.0.0.6/24", "10.0.0.5/24"]],
    ],
    [
      "of aliases alone the first gives the name",
      [row("eth0:2", null), row("eth0:1", "bc:24:11:00:00:01")],
      [["eth0:2", "BC:24:11:00:00:01"]],
    ],
    [
      "a VLAN's interface is one of its own",
      [row("eth0", null), row("eth0.40", null)],
      [
        ["eth0", null],
        ["eth0.40", null],
      ],
    ],
    [
      "an address is there once",
      [row("eth0", null, ip("10.0.0.5"), ip("10.0.0.5", 32))],
      [["eth0", null, "10.0.0.5/24"]],
    ],
    ["no addresses", [{ name: "eth0", "ip-addresses": null }], [["eth0", null]]],
    ["no name but a MAC", [row(undefined, "bc:24:11:00:00:01")], [["BC:24:11:00:00:01", "BC:24:11:00:00:01"]]],
    ["neither", [row("", null), 7, null], []],
    [
      "a prefix as text, and none",
      [row("eth0", null, ip("10.0.0.5", "24"), ip("10.0.0.6", null))],
      [["eth0", null, "10.0.0.5/24", "10.0.0.6/32"]],
    ],
    ["an error", { result: { error: { class: "CommandNotFound" } } }, []],
    ["nothing", null, []],
  ])("%s", (_, data, interfaces) => expect(shape(data)).toEqual(interfaces as never));

  test("nothing makes it throw, and no name and no address comes twice", () => {
    const address = fc.record({ "ip-address": fc.oneof(fc.ipV4(), fc.ipV6(), fc.string()), prefix: fc.anything() });
    const one = fc.record({
      name: fc.oneof(fc.constantFrom("eth0", "eth0:1", "eth0:2", "lo"), fc.string(), fc.anything()),
      "hardware-address": fc.oneof(fc.string(), fc.anything()),
      "ip-addresses": fc.oneof(fc.array(address), fc.anything()),
    });
    fc.assert(
      fc.property(fc.oneof(fc.anything(), fc.array(fc.oneof(one, fc.anything()))), (data) => {
        const found = parseAgentInterfaces(data);
        expect(new Set(found.map(({ name }) => name)).size).toBe(found.length);
        for (const { addresses } of found)
          expect(new Set(addresses.map(({ host }) => host)).size).toBe(addresses.length);
      }),
    );
  });
});

test("a container's interfaces, of new and of old releases", () => {
  const data = [
    { name: "lo", hwaddr: "00:00:00:00:00:00", inet: "127.0.0.1/8", inet6: "::1/128" },
    { name: "eth0", hwaddr: "bc:24:11:00:00:01", inet: "10.0.0.5/24", inet6: "fe80::1/64" },
    {
      name: "eth1",
      "hardware-address": "bc:24:11:00:00:02",
      inet: "10.0.1.5/24",
      "ip-addresses": [{ "ip-address": "10.0.1.5", prefix: "24", "ip-address-type": "inet" }, ip("10.0.1.6")],
    },
  ];
  const found = parseContainerInterfaces(data);
  expect(found.map(({ name, mac, addresses }) => [name, mac, ...addresses.map(({ address }) => address)])).toEqual([
    ["lo", null, "127.0.0.1/8", "::1/128"],
    ["eth0", "BC:24:11:00:00:01", "10.0.0.5/24", "fe80::1/64"],
    ["eth1", "BC:24:11:00:00:02", "10.0.1.5/24", "10.0.1.6/24"],
  ]);
});
