import { expect, test } from "bun:test";
import { clientSource } from "./client-address.ts";

test.each([
  [
    "a peer that is no proxy is the client, whatever it claims",
    "198.51.100.7",
    "203.0.113.9",
    ["10.0.0.0/8"],
    "198.51.100.7",
  ],
  ["a proxy names its client", "10.0.0.1", "203.0.113.9", ["10.0.0.0/8"], "203.0.113.9"],
  [
    "the last hop that is no proxy counts, not what the client wrote",
    "10.0.0.1",
    "1.2.3.4, 203.0.113.9, 10.9.9.9",
    ["10.0.0.0/8"],
    "203.0.113.9",
  ],
  ["a single address may be trusted", "192.0.2.1", "203.0.113.9", ["192.0.2.1"], "203.0.113.9"],
  ["a proxy without the header is its own client", "10.0.0.1", null, ["10.0.0.0/8"], "10.0.0.1"],
  ["a hop that is no address ends the search", "10.0.0.1", "unknown", ["10.0.0.0/8"], "10.0.0.1"],
  ["an IPv4 client on an IPv6 socket is an IPv4 client", "::ffff:198.51.100.7", null, [], "198.51.100.7"],
  ["an IPv6 client is its network", "2001:db8:1:2:aaaa::1", null, [], "2001:db8:1:2::/64"],
])("%s", (_, peer, header, trusted, client) => {
  expect(clientSource(peer, header, trusted)).toBe(client);
});
