import { expect, test } from "bun:test";
import { allowedOrigins, corsHeaders } from "./cors.ts";

const netbox = { domain: "netbox.example.com", port: 443, verify_ssl: true };

test.each([
  ["the NetBox that is configured", netbox, [], "https://netbox.example.com", true],
  ["its other ports", netbox, [], "https://netbox.example.com:8000", true],
  ["the wrong scheme", netbox, [], "http://netbox.example.com", false],
  ["a NetBox over plain http", { domain: "nb.lan", port: 8000, verify_ssl: false }, [], "http://nb.lan:8000", true],
  ["a stranger", netbox, [], "https://evil.example.com", false],
  ["an origin that only begins like ours", netbox, [], "https://netbox.example.com.evil.org", false],
  ["an origin of the settings", null, ["https://ops.example.com"], "https://ops.example.com", true],
  ["a local page", null, [], "http://localhost:3000", true],
  ["no domain, no origin", { domain: "", port: 443, verify_ssl: true }, [], "https://", false],
])("%s", (_, endpoint, extra, origin, allowed) => {
  const headers = corsHeaders(origin, allowedOrigins(endpoint, extra));
  expect(headers["access-control-allow-origin"]).toBe(allowed ? origin : (undefined as never));
});
