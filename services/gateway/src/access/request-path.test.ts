import { expect, test } from "bun:test";
import { pathOf } from "./request-path.ts";

test.each<[string, string | null]>([
  ["http://backend:8800/proxmox/nodes/?a=/b", "/proxmox/nodes/"],
  ["https://10.0.0.1/", "/"],
  ["http://abcd/health", "/health"],
  ["https://[::1]:8800/health?", "/health"],
  ["http://x/health?/proxmox/endpoints", null],
  ["http://ab/health", null],
  ["https://a/health", null],
  ["http://localhost?/health", null],
  ["http://localhost", null],
  ["/proxmox/endpoints", null],
])("the path of %s is %p", (url, path) => {
  expect(pathOf(url)).toBe(path);
});
