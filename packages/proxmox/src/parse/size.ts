const units: Record<string, number> = { "": 1, B: 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40 };

const mebibyte = 2 ** 20;
/** The largest value NetBox stores for a size in MiB. */
export const largestNetBoxInteger = 2 ** 31 - 1;

/**
 * A size as Proxmox VE writes it in a drive (`32G`, `528K`, `1.5T`, `4194304`), in bytes. No unit means bytes; the
 * units are powers of 1024. Null for anything else, zero included: such a drive has no size.
 */
export function parseSize(text: unknown): number | null {
  if (typeof text !== "string" && typeof text !== "number") return null;
  const match = /^(\d{1,15}(?:\.\d{1,15})?)\s*([BKMGT]?)$/i.exec(String(text).trim());
  if (!match) return null;
  const bytes = Math.round(Number(match[1]) * (units[(match[2] ?? "").toUpperCase()] ?? 1));
  return bytes > 0 && Number.isSafeInteger(bytes) ? bytes : null;
}

/** Bytes as the whole MiB NetBox stores for a disk, rounded up so that a small drive (EFI, TPM) is never 0. */
export function diskMebibytes(bytes: number): number {
  return Math.min(Math.ceil(bytes / mebibyte), largestNetBoxInteger);
}

/** Bytes as the whole MiB NetBox stores for memory, rounded down; null when there is nothing to say. */
export function memoryMebibytes(bytes: number | null): number | null {
  if (bytes === null || !(bytes >= mebibyte)) return null;
  return Math.min(Math.floor(bytes / mebibyte), largestNetBoxInteger);
}
