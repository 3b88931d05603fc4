import { afterAll, beforeAll, expect, test } from "bun:test";
import { join } from "node:path";
import { type Bench, startBench } from "./support.ts";

let bench: Bench;
beforeAll(async () => {
  bench = await startBench();
});
afterAll(() => bench[Symbol.asyncDispose]());

const certificate = join(import.meta.dir, "fixtures/server.crt");
const privateKey = join(import.meta.dir, "fixtures/server.key");

const start = async (env: Record<string, string>) => {
  const base = { PATH: process.env.PATH ?? "", NATS_URL: bench.nats.url, PROXBOX_ENCRYPTION_KEY: "a test key" };
  const child = Bun.spawn([process.execPath, join(import.meta.dir, "../main.ts")], {
    env: { ...base, PORT: "0", PROXBOX_BIND_HOST: "127.0.0.1", ...env },
    stdout: "pipe",
    stderr: "pipe",
  });
  const [stderr, code] = await Promise.all([new Response(child.stderr).text(), child.exited]);
  return { code, lines: stderr.trim().split("\n") };
};

test.each<[string, () => Record<string, string>, RegExp]>([
  [
    "a port that is taken",
    () => ({ PORT: String(bench.gateway.port) }),
    /^The gateway cannot listen on 127\.0\.0\.1 port \d+: it is in use/,
  ],
  ["a port that is none", () => ({ PORT: "eighty" }), /^PORT is "eighty"; it must be a whole number/],
  ["a proxy that is no address", () => ({ PROXBOX_TRUSTED_PROXIES: "nginx" }), /^PROXBOX_TRUSTED_PROXIES has nginx/],
  ["another encryption key", () => ({ PROXBOX_ENCRYPTION_KEY: "not the one" }), /^The encryption key is not the one/],
  ["a certificate without its key", () => ({ PROXBOX_TLS_CERT_FILE: certificate }), /must be set together/],
  [
    "a key that belongs to no certificate",
    () => ({ PROXBOX_TLS_CERT_FILE: certificate, PROXBOX_TLS_KEY_FILE: certificate }),
    /are no certificate and private key in PEM form/,
  ],
  [
    "no nats-server",
    () => ({ NATS_URL: "nats://127.0.0.1:1", PROXBOX_NATS_WAIT_SECONDS: "1" }),
    /^nats-server at nats:\/\/127\.0\.0\.1:1 does not answer/,
  ],
])("%s: exit code 1, a sentence and what to do, no stack", async (_, env, sentence) => {
  const { code, lines } = await start(env());
  expect(code).toBe(1);
  expect(lines[0]).toMatch(sentence);
  expect(lines).toHaveLength(2);
});

test("with a certificate it speaks HTTPS, and nothing else", async () => {
  await using gateway = await bench.another({ PROXBOX_TLS_CERT_FILE: certificate, PROXBOX_TLS_KEY_FILE: privateKey });
  expect(gateway.url).toStartWith("https://");
  const trusted = await fetch(`${gateway.url}/health`, { tls: { ca: await Bun.file(certificate).text() } });
  expect(await trusted.json()).toMatchObject({ status: "ready", init_ok: true });
  await expect(fetch(`${gateway.url}/health`)).rejects.toThrow(/certificate/i);
  await expect(fetch(`http://127.0.0.1:${gateway.port}/health`)).rejects.toThrow();
});
