import { isObject } from "./frame-parser.ts";

/** The end of a stage as the plugin understands it. */
export type Complete = {
  ok: boolean;
  message: string | null;
  result: Record<string, unknown> | unknown[] | null;
  errors: Record<string, unknown>[];
};

/** What a stage stream came to: an HTTP status, as the plugin makes one of it, and why it failed. */
export type Outcome = {
  status: number;
  detail: string | null;
  /** Whether the backend itself said so, or the way to it failed. */
  kind: "application" | "transport" | null;
  complete: Complete | null;
};

/**
 * The plugin's reading of a `complete` (pydantic 2.13, lax): absent fields have defaults, so that a frame it could not
 * parse counts as success; null where a list or truth value belongs is a fault. Returns the fault's field when there is one.
 */
function readComplete(data: Record<string, unknown>): Complete | { fault: string } {
  const { message = null, result = null, errors = [] } = data;
  const ok = "ok" in data ? laxBoolean(data.ok) : true;
  if (ok === null) return { fault: "ok" };
  if (message !== null && typeof message !== "string") return { fault: "message" };
  if (result !== null && typeof result !== "object") return { fault: "result" };
  if (!Array.isArray(errors) || !errors.every(isObject)) return { fault: "errors" };
  return { ok, message, result: result as Complete["result"], errors };
}

/** What the end of a stream means: the last `complete` counts, and without one the way to the backend is to blame. */
export function outcomeOf(completes: readonly Record<string, unknown>[]): Outcome {
  const read = completes.map(readComplete);
  if (read.some((complete) => "fault" in complete)) {
    return { status: 502, detail: "The complete event is not valid.", kind: "application", complete: null };
  }
  const last = (read as Complete[]).at(-1);
  if (!last) {
    return { status: 502, detail: "The stream ended without a complete event.", kind: "transport", complete: null };
  }
  if (last.ok) return { status: 200, detail: null, kind: null, complete: last };
  const [first] = last.errors;
  const detail = first?.detail ? String(first.detail) : (last.message ?? "Sync failed.");
  return { status: 503, detail, kind: "application", complete: last };
}

function laxBoolean(value: unknown): boolean | null {
  if (typeof value === "boolean") return value;
  const word = typeof value === "number" || typeof value === "string" ? String(value).toLowerCase() : "";
  if (["1", "true", "t", "yes", "y", "on"].includes(word)) return true;
  return ["0", "false", "f", "no", "n", "off"].includes(word) ? false : null;
}
