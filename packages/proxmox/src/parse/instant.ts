import { parseNumber } from "./scalars.ts";

/** The last second of the year 9999, which is the last that NetBox can store. */
const lastSecond = 253_402_300_799;

/** Seconds since 1970, as Proxmox VE gives times, as ISO 8601 in UTC; null for no time, 0 included. */
export function instantOf(seconds: unknown): string | null {
  const number = parseNumber(seconds);
  if (number === null || number <= 0 || number > lastSecond) return null;
  return new Date(Math.trunc(number) * 1_000).toISOString().replace(".000Z", "Z");
}
