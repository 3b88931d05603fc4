/** A number that Proxmox VE sends as a number or as text; null when it is absent or no finite number. */
export function parseNumber(value: unknown): number | null {
  if (typeof value === "number") return Number.isFinite(value) ? value : null;
  if (typeof value !== "string" || value.trim() === "") return null;
  const number = Number(value);
  return Number.isFinite(number) ? number : null;
}

/** A whole number, cut towards zero; null when it is absent or no number. */
export function parseInteger(value: unknown): number | null {
  const number = parseNumber(value);
  return number === null ? null : Math.trunc(number);
}

const words = new Map([
  ["1", true],
  ["true", true],
  ["on", true],
  ["yes", true],
  ["0", false],
  ["false", false],
  ["off", false],
  ["no", false],
]);

/** A boolean in any form Proxmox VE accepts (1, "1", true, "on", "yes", ...); null when absent or none of them. */
export function parseFlag(value: unknown): boolean | null {
  if (typeof value === "boolean") return value;
  if (typeof value !== "string" && typeof value !== "number") return null;
  return words.get(String(value).trim().toLowerCase()) ?? null;
}

/** Text with something in it; null for absent, blank or not text. Numbers count as text. */
export function parseText(value: unknown): string | null {
  if (typeof value === "number" && Number.isFinite(value)) return String(value);
  return typeof value === "string" && value.trim() !== "" ? value : null;
}
