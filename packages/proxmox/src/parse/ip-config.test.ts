import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { parseCidr } from "./guest-address.ts";
import { parseIpConfig, parseIpConfigs } from "./ip-config.ts";

const none = { mode: null, address: null, gateway: null };

describe("parseIpConfig", () => {
  test.each([
    ["ip=10.0.0.5/24,gw=10.0.0.1", { mode: "static", address: "10.0.0.5/24", gateway: "10.0.0.1" }, none],
    ["ip=dhcp", { ...none, mode: "dhcp" }, none],
    ["ip=dhcp,ip6=auto", { ...none, mode: "dhcp" }, { ...none, mode: "auto" }],
    ["ip6=DHCP", none, { ...none, mode: "dhcp" }],
    ["ip=manual", { ...none, mode: "manual" }, none],
    ["ip6=2001:DB8::5/64,gw6=2001:DB8::1", none, { mode: "static", address: "2001:db8::5/64", gateway: "2001:db8::1" }],
    ["ip=2001:db8::5/64,ip6=10.0.0.5/24", none, none],
    ["ip=10.0.0.5/24,gw=2001:db8::1", { mode: "static", address: "10.0.0.5/24", gateway: null }, none],
    ["ip=nonsense", none, none],
    ["", none, none],
    [undefined, none, none],
  ])("%p", (text, ip4, ip6) => expect(parseIpConfig(text) as unknown).toEqual({ ip4, ip6 }));

  test("no text makes it throw, and addresses are canonical", () => {
    const part = fc
      .oneof(fc.string(), fc.ipV4(), fc.ipV6())
      .map((value) => `ip=${value}/24,ip6=${value}/64,gw=${value}`);
    fc.assert(
      fc.property(fc.oneof(fc.string(), part), (text) => {
        for (const { mode, address } of Object.values(parseIpConfig(text))) {
          expect(address !== null).toBe(mode === "static");
          if (address) expect(parseCidr(address)?.address).toBe(address);
        }
      }),
    );
  });
});

test("the settings of a guest's cards by their number", () => {
  const config = { ipconfig0: "ip=dhcp", ipconfig12: "ip6=auto", ipconfig: "ip=dhcp", ipconfigx: "ip=dhcp", net0: "x" };
  expect(Object.keys(parseIpConfigs(config))).toEqual(["0", "12"]);
  expect(parseIpConfigs(config)[12]?.ip6.mode).toBe("auto");
});
