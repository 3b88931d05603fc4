import { expect, test } from "bun:test";
import { type EndpointSettings, targetOf } from "./target.ts";

const endpoint: EndpointSettings = {
  name: "pve (nb:1)",
  ip_address: "192.0.2.10",
  domain: null,
  port: 8006,
  username: "root@pam",
  password: null,
  token_name: "proxbox",
  token_value: "secret",
  verify_ssl: true,
  timeout: null,
  max_retries: null,
  retry_backoff: null,
};

test.each([
  [{ domain: "pve.example" }, ["https://pve.example:8006", "https://192.0.2.10:8006"]],
  [{ domain: " " }, ["https://192.0.2.10:8006"]],
  [{ ip_address: "192.0.2.10/24", port: 443 }, ["https://192.0.2.10:443"]],
  [{ ip_address: "2001:db8::1/64" }, ["https://[2001:db8::1]:8006"]],
  [{ domain: "192.0.2.10" }, ["https://192.0.2.10:8006"]],
  [{ ip_address: "" }, []],
])("%p is reached at %p", (change, origins) => {
  expect(targetOf({ ...endpoint, ...change }).origins).toEqual(origins);
});

test.each([
  [{}, { by: "token", id: "root@pam!proxbox", secret: "secret" }],
  [{ token_name: "api@pve!full" }, { by: "token", id: "api@pve!full", secret: "secret" }],
  [
    { token_value: null, password: "p" },
    { by: "password", user: "root@pam", password: "p" },
  ],
  [
    { token_name: null, password: "p" },
    { by: "password", user: "root@pam", password: "p" },
  ],
  [{ token_value: null }, null],
])("%p logs in with %p", (change, credentials) => {
  expect(targetOf({ ...endpoint, ...change }).credentials).toEqual(credentials as never);
});

test.each([
  [{}, { by: "system" }],
  [{ verify_ssl: false }, { by: "nothing" }],
  [
    { verify_ssl: false, tls_ca: "PEM" },
    { by: "authority", pem: "PEM" },
  ],
  [
    { tls_ca: "PEM", tls_fingerprint: "AA:bb:0C" },
    { by: "fingerprint", sha256: "aabb0c" },
  ],
  [{ tls_ca: " ", tls_fingerprint: "" }, { by: "system" }],
])("%p is trusted by %p", (change, trust) => {
  expect(targetOf({ ...endpoint, ...change }).trust).toEqual(trust as never);
});

test("times and retries have defaults", () => {
  expect(targetOf(endpoint)).toMatchObject({ timeoutMs: 15_000, retries: 2, backoffMs: 500 });
  const own = targetOf({ ...endpoint, timeout: 5, max_retries: 0, retry_backoff: 0.1 });
  expect(own).toMatchObject({ timeoutMs: 5_000, retries: 0, backoffMs: 100 });
});
