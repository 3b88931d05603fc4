import { forbiddenTarget, isLoopback } from "@proxbox/runtime/forbidden-target";
import ipaddr from "ipaddr.js";
import { badRequest } from "../errors.ts";

const hostname =
  /^(?=.{1,253}\.?$)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*\.?$/i;

/**
 * Refuses hosts that no Proxmox or NetBox can have: link-local, multicast and unspecified addresses, and where
 * clouds keep the credentials of their machines. Private addresses are what this is for. Names are not resolved here: what
 * they mean can change, so the clients of Proxmox and NetBox judge them again before each connection.
 * Throws RequestError 400, naming the field.
 */
export function checkTarget(
  endpoint: { ip_address: string; domain?: string | null },
  { allowLoopback }: { allowLoopback: boolean },
): void {
  const problem = problemOf(endpoint.ip_address.split("/")[0] ?? "", allowLoopback);
  if (problem) throw badRequest(`Invalid IP address: ${withoutLogin(endpoint.ip_address)} ${problem}`);
  if (!endpoint.domain) return;
  const named = problemOf(endpoint.domain, allowLoopback);
  if (named) throw badRequest(`Invalid domain: ${withoutLogin(endpoint.domain)} ${named}`);
}

// Who pastes an address with a password in it shall not read the password in an error.
function withoutLogin(text: string): string {
  return text.replace(/^(\w+:\/\/)?.*@/, "$1…@");
}

function problemOf(text: string, allowLoopback: boolean): string | null {
  const host = text
    .trim()
    .replace(/^\[(.*)\]$/, "$1")
    .toLowerCase();
  const loopback = "is this machine, which PROXBOX_ALLOW_LOOPBACK_TARGETS forbids.";
  const forbidden = forbiddenTarget(host);
  if (forbidden) return `is ${forbidden}, never a Proxmox or NetBox.`;
  if (isLoopback(host) && !allowLoopback) return loopback;
  return ipaddr.isValid(host) || hostname.test(host) ? null : "is neither an address nor a host name.";
}
