import { expect, test } from "bun:test";
import { endpointAt, urlOf } from "./endpoint-url.ts";

const rows = [
  { id: 1, domain: "pve.example.com", ip_address: "192.0.2.1/24", port: 8006 },
  { id: 2, domain: null, ip_address: "2001:db8::2/64", port: 8006 },
  { id: 3, domain: "", ip_address: "192.0.2.1", port: 443 },
];

test.each([
  [1, "https://pve.example.com:8006"],
  [2, "https://[2001:db8::2]:8006"],
  [3, "https://192.0.2.1:443"],
])("endpoint %d is at %s, and found there", (id, url) => {
  const row = rows.find((entry) => entry.id === id);
  expect(row && urlOf(row)).toBe(url);
  expect(endpointAt(url, rows)).toBe(row);
});

test.each<[string, number | undefined]>([
  ["pve.example.com", 1],
  ["PVE.example.com:8006/#v1:0", 1],
  ["https://192.0.2.1:443", 3],
  ["https://192.0.2.1", 1],
  ["http://192.0.2.1:8006", 1],
  ["https://pve.example.com:8007", undefined],
  ["https://other.example.com:8006", undefined],
])("%s leads to endpoint %p", (url, id) => {
  expect(endpointAt(url, rows)?.id).toBe(id as number);
});

test.each(["https://", "", "https://a b"])("%p is no address", (url) => {
  expect(() => endpointAt(url, rows)).toThrow("url must be an address");
});
