import { RequestError } from "./errors.ts";

/** The largest body that is read, in bytes: an endpoint with a certificate is a tenth of it. */
const largestBody = 1024 * 1024;

/**
 * Reads the body of a request: whatever a client calls it, it is a JSON object; an empty one says nothing. Throws SyntaxError
 * when it is none, and RequestError 413 when it is too large: it is heard to its end then, because a client that is still
 * sending when it is answered sees a broken connection and no answer, but nothing of it is kept.
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
  const text = Buffer.concat(pieces).toString("utf8");
  const body: unknown = text.trim() === "" ? {} : JSON.parse(text);
  // The router would take null for "not parsed yet" and a number for an order without wishes.
  if (typeof body !== "object" || body === null || Array.isArray(body)) throw new SyntaxError("This is no object.");
  return body;
}
