import { lookup } from "node:dns/promises";
import ipaddr from "ipaddr.js";
import { endedWithin } from "./deadline.ts";

/** Finds the addresses of a host name; rejects as `node:dns` does (`ENOTFOUND`, `EAI_AGAIN`) when there are none. */
export type Resolve = (name: string) => Promise<string[]>;

const metadataNames = new Set(["metadata", "metadata.google.internal", "metadata.goog", "instance-data"]);
const metadataAddresses = new Set(["fd00:ec2::254", "100.100.100.200", "168.63.129.16"]);
const forbiddenRanges: Record<string, string> = {
  unspecified: "an unspecified address",
  broadcast: "a broadcast address",
  multicast: "a multicast address",
  linkLocal: "a link-local address",
};

/**
 * What a host is that no Proxmox or NetBox can be, e.g. `a link-local address`: link-local (where clouds keep the
 * credentials of their machines), multicast, broadcast and unspecified addresses, and other metadata services. Null for every other
 * address and for every name but those of metadata services. Private addresses are what this is for. Pure.
 */
export function forbiddenTarget(host: string): string | null {
  const bare = bareHost(host);
  if (metadataNames.has(bare)) return "a metadata service";
  if (!ipaddr.isValid(bare)) return null;
  const address = ipaddr.process(bare);
  if (metadataAddresses.has(address.toString())) return "a metadata service";
  return forbiddenRanges[address.range()] ?? null;
}

/** Says what a host is, or leads to by its name, that must not be called; null when it may be called. */
export type LeadJudge = (host: string, signal: AbortSignal) => Promise<string | null>;

/** Below what an attacker could use, above what a client with many requests would ask its name server. */
const verdictLifeMs = 10_000;

/**
 * A judge to be asked before each connection, since what a name means can change. It answers with the end of a sentence
 * (`is a link-local address`, `leads to 169.254.169.254, a link-local address`) and looks a name up again after ten seconds.
 * A name that has no address leads nowhere: whoever calls it will hear so, or a proxy knows it. Rejects with the signal's
 * reason.
 */
export function createLeadJudge(resolve: Resolve = resolveName, now = Date.now): LeadJudge {
  const verdicts = new Map<string, { verdict: string | null; until: number }>();
  return async (host, signal) => {
    const itself = forbiddenTarget(host);
    if (itself) return `is ${itself}`;
    const bare = bareHost(host);
    if (ipaddr.isValid(bare)) return null;
    const known = verdicts.get(bare);
    if (known && known.until > now()) return known.verdict;
    const lookingUp = resolve(bare).catch(() => null);
    const addresses = await endedWithin(lookingUp, signal, 0);
    if (addresses === null) return null;
    const forbidden = addresses.find((address) => forbiddenTarget(address) !== null);
    const verdict = forbidden === undefined ? null : `leads to ${forbidden}, ${forbiddenTarget(forbidden)}`;
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
    .replace(/\.$/, "")
    .toLowerCase();
}
