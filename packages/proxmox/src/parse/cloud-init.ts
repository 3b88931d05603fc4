import { parseText } from "./scalars.ts";

/** What a guest's configuration tells cloud-init, as far as NetBox keeps it; "" for what is not set. */
export type CloudInit = { ciuser: string; sshkeys: string; ipconfig0: string; sshkeysTruncated: boolean };

const longestKeys = 10 * 1024;
const sentinel = "\n# truncated by proxbox-api at 10KB";

/**
 * The cloud-init options of a guest; null when it has none of them. `sshkeys` is URL-decoded and cut to 10 KiB of
 * UTF-8 at a character's end, with a last line that says so.
 */
export function parseCloudInit(config: Record<string, unknown>): CloudInit | null {
  const ciuser = parseText(config.ciuser)?.trim() ?? "";
  const ipconfig0 = parseText(config.ipconfig0)?.trim() ?? "";
  const keys = percentDecode(parseText(config.sshkeys) ?? "").trim();
  if (!ciuser && !ipconfig0 && !keys) return null;
  const cut = cutBytes(keys, longestKeys);
  const sshkeysTruncated = cut.length < keys.length;
  return { ciuser, ipconfig0, sshkeys: sshkeysTruncated ? cut + sentinel : cut, sshkeysTruncated };
}

/** Decodes `%XX`; unlike decodeURIComponent it leaves a stray `%` and never throws. */
function percentDecode(text: string): string {
  return text
    .replace(/(?:%[0-9A-Fa-f]{2})+/g, (run) => Buffer.from(run.replaceAll("%", ""), "hex").toString("utf8"))
    .replaceAll("\0", "");
}

function cutBytes(text: string, limit: number): string {
  const bytes = Buffer.from(text, "utf8");
  if (bytes.length <= limit) return text;
  let end = limit;
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
  return bytes.toString("utf8", 0, end);
}
