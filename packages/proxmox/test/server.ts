import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { LeadJudge } from "@proxbox/runtime/forbidden-target";
import { createProxmoxClient, type ProxmoxClient } from "../src/client.ts";
import type { ProxmoxTarget } from "../src/target.ts";

/** Certificates for 127.0.0.1 and localhost, valid until 2126: one signed by itself, one by an authority. */
export const certificates = {
  selfSigned: { cert: fixture("self-signed.crt"), key: fixture("self-signed.key") },
  signed: { cert: fixture("signed.crt"), key: fixture("signed.key") },
  authority: fixture("authority.crt"),
};

/** A server that answers as the handler says, and a client for it that trusts anyone. */
export function serve(
  handler: (request: Request, path: string) => Response | Promise<Response>,
  change: Partial<ProxmoxTarget> = {},
  tls = certificates.selfSigned,
): Disposable & { origin: string; client: ProxmoxClient } {
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    tls,
    fetch: (request) => handler(request, new URL(request.url).pathname.replace("/api2/json", "")),
  });
  const origin = `https://127.0.0.1:${server.port}`;
  return { origin, client: clientFor([origin], change), [Symbol.dispose]: () => void server.stop(true) };
}

/** A client with a token and short patience. */
export function clientFor(
  origins: string[],
  change: Partial<ProxmoxTarget> = {},
  inFlight?: number,
  judge?: LeadJudge,
): ProxmoxClient {
  const target: ProxmoxTarget = {
    name: "pve",
    origins,
    credentials: { by: "token", id: "root@pam!proxbox", secret: "4b1f-secret" },
    trust: { by: "nothing" },
    timeoutMs: 2_000,
    retries: 2,
    backoffMs: 1,
    ...change,
  };
  return createProxmoxClient(target, inFlight, judge);
}

/** An answer of Proxmox VE. */
export function data(value: unknown): Response {
  return Response.json({ data: value });
}

/** A connection that breaks before anything is answered. */
export function reset(): Response {
  return new Response(new ReadableStream({ start: (controller) => controller.error(undefined) }));
}

/** What was thrown, as the message of an error. */
export async function failureOf(work: Promise<unknown>): Promise<Error & { code: string; [key: string]: unknown }> {
  return await work.then(
    (value) => Promise.reject(new Error(`Expected a failure, got ${JSON.stringify(value)}`)),
    (thrown) => thrown,
  );
}

function fixture(name: string): string {
  return readFileSync(join(import.meta.dir, "fixtures", name), "utf8");
}
