import { describe, expect, test } from "bun:test";
import { X509Certificate } from "node:crypto";
import type { Trust } from "../src/target.ts";
import { certificates, clientFor, data, failureOf, serve } from "./server.ts";

const signal = AbortSignal.timeout(20_000);
const sha256Of = (pem: string) => new X509Certificate(pem).fingerprint256.replaceAll(":", "").toLowerCase();
const { selfSigned, signed, authority } = certificates;

async function versionFrom(tls: typeof selfSigned, trust: Trust): Promise<unknown> {
  using server = serve(() => data("9.2"), { trust, retries: 0 }, tls);
  return await server.client.get("/version", { signal });
}

describe("a certificate is accepted", () => {
  test.each<[string, typeof selfSigned, Trust]>([
    ["signed by itself, by its fingerprint", selfSigned, { by: "fingerprint", sha256: sha256Of(selfSigned.cert) }],
    [
      "signed by an authority we do not have, by its fingerprint",
      signed,
      { by: "fingerprint", sha256: sha256Of(signed.cert) },
    ],
    ["by its authority", signed, { by: "authority", pem: authority }],
    ["as its own authority", selfSigned, { by: "authority", pem: selfSigned.cert }],
    ["unverified", selfSigned, { by: "nothing" }],
  ])("%s", async (_, tls, trust) => {
    expect(await versionFrom(tls, trust)).toBe("9.2");
  });
});

describe("a certificate is refused with nothing sent", () => {
  test.each<[string, typeof selfSigned, Trust, RegExp]>([
    [
      "another fingerprint",
      selfSigned,
      { by: "fingerprint", sha256: sha256Of(signed.cert) },
      /SHA-256 fingerprint .* not the pinned/,
    ],
    ["another authority", selfSigned, { by: "authority", pem: authority }, /is not trusted: self.signed certificate/],
    ["no authority of the system", signed, { by: "system" }, /is not trusted: unable to verify/],
  ])("%s", async (_, tls, trust, message) => {
    let asked = 0;
    using server = serve(() => data(++asked), { trust }, tls);
    const failure = await failureOf(server.client.get("/version", { signal }));
    expect(failure).toMatchObject({ code: "proxmox_tls", retryable: false, object: "endpoint pve" });
    expect(failure.message).toMatch(message);
    expect(failure.next).toBeString();
    expect(asked).toBe(0);
  });

  test("a certificate that changes under a pinned client", async () => {
    const trust: Trust = { by: "fingerprint", sha256: sha256Of(signed.cert) };
    const before = serve(() => data(1), { trust, retries: 0 }, signed);
    expect(await before.client.get("/version", { signal })).toBe(1);
    before[Symbol.dispose]();
    let asked = 0;
    const { port } = new URL(before.origin);
    const impostor = Bun.serve({ hostname: "127.0.0.1", port, tls: selfSigned, fetch: () => data(++asked) });
    try {
      const failure = await failureOf(before.client.get("/version", { signal }));
      expect(failure.code).toBe("proxmox_tls");
      expect(asked).toBe(0);
    } finally {
      await impostor.stop(true);
    }
  });
});

test("a pinned certificate is checked once per connection, not once per request", async () => {
  const trust: Trust = { by: "fingerprint", sha256: sha256Of(signed.cert) };
  const ports = new Set<number | undefined>();
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    tls: signed,
    fetch: (request) => {
      ports.add(server.requestIP(request)?.port);
      return data(1);
    },
  });
  await using client = clientFor([`https://127.0.0.1:${server.port}`], { trust });
  for (let i = 0; i < 10; i++) await client.get("/version", { signal });
  await server.stop(true);
  expect(ports.size).toBe(1);
});
