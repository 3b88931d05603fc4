import { badQuestion } from "./failures.ts";
import type { Params } from "./live.ts";

/** Names of nodes and storages as plugin 0.0.29.post6 and Proxmox VE 9.2 have them. */
const segment = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;

/** A part of a path that becomes part of a path of Proxmox. Throws ProxboxError `live_bad_question`. */
export function segmentOf(params: Params, name: string): string {
  const value = params[name] ?? "";
  if (!segment.test(value) || value.includes("..")) {
    throw badQuestion(`${name} must be a name of letters, digits, ".", "_" and "-"; "${value.slice(0, 60)}" is none.`);
  }
  return value;
}

/** The number of a guest. Throws ProxboxError `live_bad_question`. */
export function vmidOf(params: Params, name = "vmid"): number {
  const value = params[name] ?? "";
  if (!/^[1-9]\d{0,8}$/.test(value)) throw badQuestion(`${name} must be a number from 1 to 999999999.`);
  return Number(value);
}

/** The type of a guest. Throws ProxboxError `live_bad_question`. */
export function guestTypeOf(params: Params): "qemu" | "lxc" {
  if (params.type === "qemu" || params.type === "lxc") return params.type;
  throw badQuestion(`type must be qemu or lxc, not "${(params.type ?? "").slice(0, 60)}".`);
}

/** One of some words. Throws ProxboxError `live_bad_question`. */
export function wordOf<T extends string>(params: Params, name: string, words: readonly T[]): T {
  const word = words.find((candidate) => candidate === params[name]);
  if (word) return word;
  throw badQuestion(`${name} must be one of ${words.join(", ")}, not "${(params[name] ?? "").slice(0, 60)}".`);
}

/** Those of some query parameters that are there and not blank. */
export function queryOf(params: Params, names: readonly string[]): Record<string, string> {
  const entries = names.flatMap((name) => {
    const value = params[name]?.trim();
    return value ? [[name, value] as const] : [];
  });
  return Object.fromEntries(entries);
}

/**
 * Reads of Proxmox VE 9.2 that tell secrets whatever their fields are called: files of guests, cloud-init with password
 * hashes, keys of DNS providers.
 */
const telling = /\/agent\/(?:file-read|exec-status)$|\/cloudinit\/dump$|^cluster\/acme\/plugins(?:\/|$)/;

/**
 * A path below /api2/json of the Proxmox API, checked so that it stays there: names and numbers, as nodes, storages,
 * guests and volumes have them, and nothing that is escaped, leads upwards or tells secrets. Throws ProxboxError
 * `live_bad_question`.
 */
export function apiPathOf(rest: string): string {
  const parts = rest.replace(/^\/|\/$/g, "").split("/");
  const wrong = parts.find((part) => !/^[A-Za-z0-9][A-Za-z0-9._:@!+,=-]{0,255}$/.test(part) || part.includes(".."));
  const path = parts.join("/");
  if (telling.test(path)) throw badQuestion(`${path} is not read through here: it would tell secrets.`);
  if (wrong === undefined) return `/${path}`;
  throw badQuestion(`"${rest.slice(0, 120)}" is no path of the Proxmox API, such as nodes/pve1/time.`);
}
