import { expect, test } from "bun:test";
import { pageOf } from "./netbox-pages.ts";

test.each([
  ["https://nb.example.com", "device", 3, "https://nb.example.com/dcim/devices/3/"],
  ["https://nb.example.com/", "storage", 9, "https://nb.example.com/plugins/proxbox/storage/9/"],
  ["https://nb.example.com/netbox//", "ip-address", 1, "https://nb.example.com/netbox/ipam/ip-addresses/1/"],
  ["https://nb.example.com", "sync-state-device", 3, undefined],
  ["https://nb.example.com", "device", undefined, undefined],
  [null, "device", 3, undefined],
] as const)("%s %s %s", (url, kind, id, expected) => {
  expect(pageOf(url, kind, id)).toBe(expected);
});
