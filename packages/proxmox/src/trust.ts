import { connect } from "node:tls";
import { fingerprintFailure } from "./failures.ts";
import type { Trust } from "./target.ts";

/** How long an idle connection is kept, in seconds; pveproxy closes it after five (Proxmox VE 9.2). */
const idleSeconds = 4;

/**
 * Opens the connections to one server, trusted in the given way. A pinned certificate is read first (nothing is sent
 * on that connection) and compared; then it is the only authority, and its fingerprint is checked again on every
 * connection, so that neither an authority of its own nor a wrong host name matters. Measured on Bun 1.4.5:
 * `checkServerIdentity` decides only after the chain verified, hence the pinned certificate as a partial chain.
 * Throws ProxmoxAPIError `proxmox_tls` for another certificate, and the socket's own error when none could be read.
 */
export async function openSession(
  trust: Trust,
  subject: { endpoint: string; origin: string },
  signal: AbortSignal,
): Promise<Bun.FetchSession> {
  const tls = await tlsOptions(trust, subject, signal);
  return new Bun.FetchSession({ tls, keepAlive: { idleTimeout: idleSeconds } });
}

/** `allowPartialTrustChain` is missing in the types of Bun 1.4.5. */
type TlsOptions = BunFetchRequestInitTLS & { allowPartialTrustChain?: boolean };

async function tlsOptions(
  trust: Trust,
  subject: { endpoint: string; origin: string },
  signal: AbortSignal,
): Promise<TlsOptions> {
  if (trust.by === "nothing") return { rejectUnauthorized: false };
  if (trust.by === "authority") return { ca: trust.pem };
  if (trust.by === "system") return {};
  const mismatch = (seen: string) =>
    bare(seen) === trust.sha256 ? undefined : fingerprintFailure(subject, seen, colons(trust.sha256));
  const { pem, sha256 } = await serverCertificate(subject.origin, signal);
  const refused = mismatch(sha256);
  if (refused) throw refused;
  return {
    ca: pem,
    allowPartialTrustChain: true,
    checkServerIdentity: (_, certificate) => mismatch(certificate.fingerprint256),
  };
}

async function serverCertificate(origin: string, signal: AbortSignal): Promise<{ pem: string; sha256: string }> {
  const { hostname, port } = new URL(origin);
  const { promise, resolve, reject } = Promise.withResolvers<{ pem: string; sha256: string }>();
  const host = hostname.replace(/^\[|\]$/g, "");
  const socket = connect({ host, port: Number(port || 443), rejectUnauthorized: false }, () => {
    const { raw, fingerprint256 } = socket.getPeerCertificate();
    resolve({ pem: toPem(raw), sha256: fingerprint256 });
  });
  const stop = () => socket.destroy(signal.reason);
  signal.addEventListener("abort", stop, { once: true });
  socket.once("error", reject);
  socket.once("close", () => reject(new Error("The connection was closed before it was secured")));
  try {
    signal.throwIfAborted();
    return await promise;
  } finally {
    signal.removeEventListener("abort", stop);
    socket.destroy();
  }
}

function toPem(der: Buffer): string {
  const lines = der.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}

function bare(fingerprint: string): string {
  return fingerprint.replaceAll(":", "").toLowerCase();
}

function colons(fingerprint: string): string {
  return fingerprint.toUpperCase().replace(/..(?=.)/g, "$&:");
}
