import { describe, expect, test } from "bun:test";
import { checkTarget } from "./targets.ts";

const check = (ip_address: string, domain: string | null, allowLoopback: boolean) => () =>
  checkTarget({ ip_address, domain }, { allowLoopback });

describe("targets", () => {
  test.each([
    ["192.168.1.10", null],
    ["10.0.0.5/24", null],
    ["2001:db8::10", "pve.example.com"],
    ["fd12:3456::1", null],
    ["pve1", null],
    ["192.0.2.1", "pve1.lan."],
  ])("%s %p is fine", (address, domain) => {
    expect(check(address, domain, false)).not.toThrow();
  });

  test.each([
    ["169.254.169.254", null, /Invalid IP address: 169.254.169.254 is a link-local address/],
    ["::ffff:169.254.169.254", null, /link-local/],
    ["2852039166", null, /link-local/],
    ["fe80::1", null, /link-local/],
    ["0.0.0.0", null, /unspecified/],
    ["::", null, /unspecified/],
    ["224.0.0.1", null, /multicast/],
    ["255.255.255.255", null, /broadcast/],
    ["100.100.100.200", null, /metadata/],
    ["fd00:ec2::254", null, /metadata/],
    ["10.0.0.1", "metadata.google.internal", /Invalid domain: .* metadata/],
    ["10.0.0.1", "169.254.169.254", /Invalid domain/],
    ["10.0.0.1", "http://pve", /neither an address nor a host name/],
    ["10.0.0.1", "root@pve", /neither/],
    ["10.0.0.1", "pve/x", /neither/],
    ["  ", null, /neither/],
  ])("%s %p is refused", (address, domain, sentence) => {
    expect(check(address, domain, true)).toThrow(sentence);
  });

  test.each([
    ["127.0.0.1", null],
    ["::1", null],
    ["0x7f.1", null],
    ["10.0.0.1", "localhost"],
    ["10.0.0.1", "x.localhost."],
  ])("%s %p only where loopback is allowed", (address, domain) => {
    expect(check(address, domain, true)).not.toThrow();
    expect(check(address, domain, false)).toThrow(/is this machine/);
  });

  test.each([
    ["root:hunter2@pve", null],
    ["10.0.0.1", "https://root:hunter2@pve.example.com"],
    ["10.0.0.1", "root:hunt@er2@pve"],
  ])("the password in %s %p is not repeated", (address, domain) => {
    expect(check(address, domain, true)).toThrow(/^Invalid (IP address|domain): (https:\/\/)?…@pve/);
  });
});
