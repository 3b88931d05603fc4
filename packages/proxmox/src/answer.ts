import { badAnswer, type Subject, statusFailure } from "./failures.ts";
import { parseRow, type Row } from "./parse/rows.ts";

/**
 * The `data` of a Proxmox VE answer, read to its end. Throws ProxmoxAPIError for every status but 200 and for a body
 * that is none: HTML, half of a JSON text, nothing. Rejects with the connection's error when it breaks meanwhile.
 */
export async function readData(
  response: Response,
  subject: Subject,
  scrub: (text: string) => string,
): Promise<unknown> {
  const text = await response.text();
  const body = parseObject(text);
  if (response.status >= 300 && response.status < 400) {
    const location = scrub(response.headers.get("location") ?? "nowhere").slice(0, longestReason);
    throw badAnswer(`a redirect to ${location}`, subject, response.status);
  }
  if (!response.ok) throw statusFailure(response.status, scrub(reasonOf(body, response.statusText)), subject);
  if (body && "data" in body) return body.data;
  throw badAnswer(shapeOf(text, body !== null), subject, response.status);
}

function shapeOf(text: string, isObject: boolean): string {
  if (text.trim() === "") return "an empty body";
  if (isObject) return "JSON that has no data";
  if (/^\s*</.test(text)) return "an HTML page instead of JSON";
  return `a body that is no whole JSON object (${text.length} characters)`;
}

/** What Proxmox says went wrong: `message`, then `errors` by parameter; old versions only in the status line. */
function reasonOf(body: Row | null, statusText: string): string {
  const texts: string[] = [];
  if (typeof body?.message === "string") texts.push(body.message.trim());
  if (typeof body?.errors === "object" && body.errors !== null) {
    for (const [name, text] of Object.entries(body.errors)) texts.push(`${name}: ${String(text).trim()}`);
  }
  const reason = texts.filter((text) => text !== "").join("; ") || statusText;
  return reason.replace(/[.\s]+$/, "").slice(0, longestReason);
}

const longestReason = 500;

function parseObject(text: string): Row | null {
  try {
    return parseRow(JSON.parse(text));
  } catch {
    return null;
  }
}
