import { refusalText } from "./failure-text.ts";

/** Where a backend is, and the key that the plugin has for it. */
export type Backend = { url: string; key: string };

/** What came back: status 0 when nothing did, and then `text` says why; 502 for a redirect, which is never followed. */
export type Answer = { status: number; isRedirect: boolean; headers: Headers; text: string; json: unknown };

/** One call. `open`: without the key; `query` in the order it is sent; `seconds`: how long the plugin waits, default 30. */
export type Call = {
  query?: Record<string, string>;
  body?: unknown;
  open?: boolean;
  seconds?: number;
  signal?: AbortSignal | undefined;
};

/**
 * Calls a backend as the plugin does: its key in one header, redirects refused, JSON whatever the content type says.
 * Never throws for an answer or the lack of one; throws what the caller's signal was aborted with.
 */
export async function ask(backend: Backend, method: string, path: string, call: Call = {}): Promise<Answer> {
  try {
    const response = await send(backend, method, path, call);
    const text = await response.text();
    const isRedirect = response.status >= 300 && response.status < 400;
    const status = isRedirect ? 502 : response.status;
    return { status, isRedirect, headers: response.headers, text, json: parse(text) };
  } catch (error) {
    call.signal?.throwIfAborted();
    const text = `${method} ${path}: ${String(error)}`;
    return { status: 0, isRedirect: false, headers: new Headers(), text, json: undefined };
  }
}

/** Sends a call and leaves the body to be read. Rejects as `fetch` does. */
export function send(
  { url, key }: Backend,
  method: string,
  path: string,
  { query = {}, body, open = false, seconds = 30, signal }: Call = {},
): Promise<Response> {
  const search = new URLSearchParams(query).toString();
  const late = AbortSignal.timeout(seconds * 1_000);
  return fetch(`${url}${path}${search === "" ? "" : `?${search}`}`, {
    method,
    headers: {
      ...(open ? {} : { "X-Proxbox-API-Key": key }),
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    },
    redirect: "manual",
    signal: signal ? AbortSignal.any([late, signal]) : late,
    ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
}

/** Why a call is none that succeeded, in the words that the plugin shows; null when it did. */
export function failureOf({ status, json, text }: Answer): string | null {
  if (status === 0) return text;
  return status < 400 ? null : refusalText(status, json);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
