import { RequestError } from "../errors.ts";

/** The largest body that is read, in bytes: an endpoint with a certificate is a tenth of it. */
const largestBody = 1024 * 1024;

/** The most levels of a body; ours have three. */
const deepest = 64;

const [quote, backslash] = [...Buffer.from('"\\')];
const opening: ReadonlySet<number | undefined> = new Set(Buffer.from("[{"));
const closing: ReadonlySet<number | undefined> = new Set(Buffer.from("]}"));

/**
 * Whether a JSON text is nested too deep to be walked: measured, 100,000 levels keep the schemas busy for 40 s. Byte by
 * byte, because a pattern takes as long for texts without an end. Pure.
 */
function isTooDeep(json: Uint8Array): boolean {
  let depth = 0;
  let inText = false;
  for (let place = 0; place < json.length; place += 1) {
    const byte = json[place];
    if (byte === quote) inText = !inText;
    else if (inText) place += byte === backslash ? 1 : 0;
    else if (opening.has(byte)) depth += 1;
    else if (closing.has(byte)) depth -= 1;
    if (depth > deepest) return true;
  }
  return false;
}

/**
 * Reads the body of a request: whatever a client calls it, it is a JSON object; an empty one says nothing. Throws SyntaxError
 * when it is none or nested too deep, and RequestError 413 when it is too large: it is heard to its end then, because a
 * client that is still sending when it is answered sees a broken connection and no answer, but nothing of it is kept.
 */
export async function readBody(request: Request): Promise<unknown> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of request.body ?? []) {
    size += piece.byteLength;
    if (size <= largestBody) pieces.push(piece);
    else pieces.length = 0;
  }
  if (size > largestBody) {
    const message = `The body is larger than ${largestBody} bytes.`;
    throw new RequestError(413, "body_too_large", message, { next: "Send less." });
  }
  const bytes = Buffer.concat(pieces);
  if (isTooDeep(bytes)) throw new SyntaxError(`This is nested more than ${deepest} levels.`);
  const text = bytes.toString("utf8");
  const body: unknown = text.trim() === "" ? {} : JSON.parse(text);
  // The router would take null for "not parsed yet" and a number for an order without wishes.
  if (typeof body !== "object" || body === null || Array.isArray(body)) throw new SyntaxError("This is no object.");
  return body;
}
