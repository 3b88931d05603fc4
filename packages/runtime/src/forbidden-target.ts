import { lookup } from "node:dns/promises";
import ipaddr from "ipaddr.js";
import { endedWithin } from "./deadline.ts";

/** Finds the addresses of a host name; rejects as `node:dns` does (`ENOTFOUND`, `EAI_AGAIN`) when there are none. */
export type Resolve = (name: string) => Promise<string[]>;

const metadataNames = new Set(["metadata", "metadata.google.internal", "metadata.goog", "instance-data"]);
const metadataAddresses = new Set([
  ...["fd00:ec2::254", "fd20:ce::254"],
  ...["100.100.100.200", "168.63.129.16", "192.0.0.192"],
]);
const forbiddenRanges: Record<string, string> = {
  unspecified: "an unspecified address",
  broadcast: "a broadcast address",
  multicast: "a multicast address",
  linkLocal: "a link-local address",
};

/**
 * What a host is that no Proxmox or NetBox can be, e.g. `a link-local address`: link-local (where clouds keep the
 * credentials of their machines), multicast, broadcast and unspecified addresses, and other metadata services. Null for every
 * other address and for every name but those of metadata services. Private addresses are what this is for. Pure.
 */
export function forbiddenTarget(host: string): string | null {
  const bare = bareHost(host);
  if (metadataNames.has(bare)) return "a metadata service";
  if (!ipaddr.isValid(bare)) return null;
  const address = innerAddress(ipaddr.process(bare));
  if (metadataAddresses.has(address.toString())) return "a metadata service";
  return forbiddenRanges[address.range()] ?? null;
}

/** Whether a host is this machine, by its address or as `localhost`. Pure. */
export function isLoopback(host: string): boolean {
  const bare = bareHost(host);
  if (ipaddr.isValid(bare)) return innerAddress(ipaddr.process(bare)).range() === "loopback";
  return bare === "localhost" || bare.endsWith(".localhost");
}

/** The IPv4 address that an IPv6 address stands for, by NAT64, 6to4 or one of the old ways to write it; else itself. */
function innerAddress(address: ipaddr.IPv4 | ipaddr.IPv6): ipaddr.IPv4 | ipaddr.IPv6 {
  if (!("parts" in address)) return address;
  const { parts } = address;
  const range = address.range();
  const isCompatible = parts.slice(0, 6).every((part) => part === 0) && (parts[6] ?? 0) > 0;
  const [high, low] = range === "6to4" ? parts.slice(1, 3) : parts.slice(6);
  if (!["6to4", "rfc6052", "rfc6145"].includes(range) && !isCompatible) return address;
  return new ipaddr.IPv4([high ?? 0, low ?? 0].flatMap((part) => [part >> 8, part & 255]));
}

/** Says what a host is, or leads to by its name, that must not be called; null when it may be called. */
export type LeadJudge = (host: string, signal: AbortSignal) => Promise<string | null>;

const ownMachine = "this machine, which PROXBOX_ALLOW_LOOPBACK_TARGETS forbids";

/** Below what an attacker could use, above what a client with many requests would ask its name server. */
const verdictLifeMs = 10_000;

/** Whether this machine may be called (default true), how names are found, and the clock: tests have their own. */
export type LeadRules = { allowLoopback?: boolean; resolve?: Resolve; now?: () => number };

/**
 * A judge to be asked before each connection, since what a name means can change. It answers with the end of a sentence
 * (`is a link-local address`, `leads to 169.254.169.254, a link-local address`) and looks a name up again after ten seconds.
 * A name that has no address leads nowhere: whoever calls it will hear so, or a proxy knows it. Rejects with the signal's
 * reason.
 */
export function createLeadJudge(rules: LeadRules = {}): LeadJudge {
  const { allowLoopback = true, resolve = resolveName, now = Date.now } = rules;
  const verdicts = new Map<string, { verdict: string | null; until: number }>();
  const whatIs = (address: string) =>
    forbiddenTarget(address) ?? (allowLoopback || !isLoopback(address) ? null : ownMachine);
  return async (host, signal) => {
    const itself = whatIs(host);
    if (itself) return `is ${itself}`;
    const bare = bareHost(host);
    if (ipaddr.isValid(bare)) return null;
    const known = verdicts.get(bare);
    if (known && known.until > now()) return known.verdict;
    const lookingUp = resolve(bare).catch(() => null);
    const addresses = await endedWithin(lookingUp, signal, 0);
    if (addresses === null) return null;
    const forbidden = addresses.find((address) => whatIs(address) !== null);
    const verdict = forbidden === undefined ? null : `leads to ${forbidden}, ${whatIs(forbidden)}`;
    verdicts.set(bare, { verdict, until: now() + verdictLifeMs });
    return verdict;
  };
}

async function resolveName(name: string): Promise<string[]> {
  return (await lookup(name, { all: true })).map(({ address }) => address);
}

function bareHost(host: string): string {
  return host
    .trim()
    .replace(/^\[(.*)\]$/, "$1")
    .replace(/\.$|%.*$/, "")
    .toLowerCase();
}
