import ipaddr from "ipaddr.js";
import type { Field } from "./kind.ts";

/** A row as NetBox answers it. */
export type Row = { readonly id: number; readonly [field: string]: unknown };

/** A value in the one form in which two values are compared. */
export type Canonical = string | number | boolean | null;

// Python's str.strip(), which NetBox applies to every text, takes other characters for blanks than JavaScript's trim().
const blank = "[\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]+";
const blankEnds = new RegExp(`^${blank}|${blank}$`, "g");

/**
 * A text as NetBox keeps it: without blanks at its ends, without characters it refuses (NUL, lone surrogates), cut to
 * the field's limit in characters.
 */
export function cleanText(value: string, limit = Number.POSITIVE_INFINITY): string {
  const whole = value.toWellFormed().replaceAll("\0", "").replace(blankEnds, "");
  if (whole.length <= limit) return whole;
  return [...whole].slice(0, limit).join("").replace(blankEnds, "");
}

/**
 * The canonical form of a value, whether NetBox answered it or we want it; equal forms need no write.
 * No text and null are the same. A reference is the id of its object; give one that has none yet as text.
 */
export function canonical(field: Field, value: unknown): Canonical {
  if (value === null || value === undefined) return null;
  switch (field.form) {
    case "text":
      return cleanText(String(value), field.limit) || null;
    case "integer":
      return numberOf(value, Math.trunc);
    case "decimal":
      return numberOf(value, (number) => Number(number.toFixed(field.places ?? 0)));
    case "float":
      return numberOf(value, (number) => number);
    case "boolean":
      return Boolean(value);
    case "choice":
      return (member(value, "value") as Canonical) || null;
    case "instant":
      return instantOf(value);
    case "color":
      return String(value).replace("#", "").toLowerCase() || null;
    case "address":
      return ipaddr.isValid(String(value)) ? ipaddr.process(String(value)).toString() : String(value);
    case "cidr":
    case "network":
      return networkOf(String(value), field.form === "network");
    case "mac":
      return macOf(String(value));
    case "json":
      return isEmpty(value) ? null : JSON.stringify(cleanJson(value, true));
    case "reference":
      return (member(value, "id") as Canonical) || null;
    case "references":
      return setForm((value as readonly unknown[]).map((entry) => member(entry, "id") as Canonical));
  }
}

/** The canonical form of a set of references, given each one's. */
export function setForm(forms: readonly Canonical[]): Canonical {
  return [...new Set(forms.map(String))].sort().join(",") || null;
}

/** The canonical form of a field in a row; null where the field does not count (see `Field.when`). */
export function canonicalOf(field: Field, name: string, row: Row): Canonical {
  if (field.when && member(row[field.when[0]], "value") !== field.when[1]) return null;
  return canonical(field, row[name]);
}

/** A value as it is sent to NetBox. */
export function wireValue(field: Field, value: unknown): unknown {
  if (field.form === "json")
    return value === null || value === undefined ? (field.nothing ?? {}) : cleanJson(value, false);
  if (field.form === "references") return [...new Set((value ?? []) as readonly number[])];
  const form = canonical(field, value);
  if (form === null && field.form === "text") return field.nullable ? null : "";
  return form;
}

function numberOf(value: unknown, kept: (number: number) => number): Canonical {
  const number = value === "" ? Number.NaN : Number(value);
  // JSON knows no -0.
  return Number.isFinite(number) ? kept(number) + 0 : null;
}

function instantOf(value: unknown): Canonical {
  const instant = new Date(value as string | number);
  return value === "" || Number.isNaN(instant.getTime()) ? null : instant.toISOString();
}

// What is no network is left as it is: NetBox then says what is wrong with it.
function networkOf(value: string, masked: boolean): Canonical {
  const [host = "", mask] = value.split("/");
  if (!ipaddr.isValid(host)) return value || null;
  const address = ipaddr.parse(host);
  const bits = mask === undefined ? address.toByteArray().length * 8 : Number(mask);
  if (!masked) return `${address.toString()}/${bits}`;
  const first =
    address.kind() === "ipv4"
      ? ipaddr.IPv4.networkAddressFromCIDR(`${address}/${bits}`)
      : ipaddr.IPv6.networkAddressFromCIDR(`${address}/${bits}`);
  return `${first.toString()}/${bits}`;
}

function macOf(value: string): Canonical {
  const digits = value.replace(/[^0-9a-f]/gi, "").toUpperCase();
  return digits.length === 12 ? (digits.match(/../g) ?? []).join(":") : value || null;
}

function isEmpty(value: unknown): boolean {
  return typeof value === "object" && value !== null && Object.keys(value).length === 0;
}

function member(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>)[key] : value;
}

/** JSON with texts that PostgreSQL takes, its keys in the order they have or in one order. */
function cleanJson(value: unknown, sorted: boolean): unknown {
  if (typeof value === "string") return value.toWellFormed().replaceAll("\0", "");
  if (Array.isArray(value)) return value.map((entry) => cleanJson(entry, sorted));
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(
    ([key, entry]) => [cleanJson(key, sorted), cleanJson(entry, sorted)] as const,
  );
  if (sorted) entries.sort(([left], [right]) => (String(left) < String(right) ? -1 : 1));
  return Object.fromEntries(entries);
}
