import { expect, test } from "bun:test";
import { allowedOrigins, corsHeaders } from "./cors.ts";

const netbox = { domain: "netbox.example.com", ip_address: "192.0.2.7/24", port: 443, verify_ssl: true };
const plain = { domain: "nb.lan", ip_address: "127.0.0.1", port: 8000, verify_ssl: false };

test.each([
  ["the NetBox that is configured", netbox, [], "https://netbox.example.com", true],
  ["its other ports", netbox, [], "https://netbox.example.com:8000", true],
  ["the wrong scheme", netbox, [], "http://netbox.example.com", false],
  ["a NetBox over plain http", plain, [], "http://nb.lan:8000", true],
  ["a NetBox on a port of its own", { ...netbox, port: 8443 }, [], "https://netbox.example.com:8443", true],
  ["somebody else on that port", { ...netbox, port: 8443 }, [], "https://evil.example.com:8443", false],
  ["its address", netbox, [], "https://192.0.2.7", true],
  ["its address of version 6", { ...netbox, ip_address: "2001:db8::7/64" }, [], "https://[2001:db8::7]", true],
  ["a stranger", netbox, [], "https://evil.example.com", false],
  ["an origin that only begins like ours", netbox, [], "https://netbox.example.com.evil.org", false],
  ["an origin of the settings", null, ["https://ops.example.com"], "https://ops.example.com", true],
  ["a local page", null, [], "http://localhost:3000", true],
  ["no domain, no origin of that", { ...netbox, domain: "" }, [], "https://", false],
])("%s", (_, endpoint, extra, origin, allowed) => {
  const headers = corsHeaders(origin, allowedOrigins(endpoint, extra));
  expect(headers["access-control-allow-origin"]).toBe(allowed ? origin : (undefined as never));
});
