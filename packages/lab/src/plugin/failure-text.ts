import type { PluginRelease } from "../netbox/models/plugin-parts.ts";
import { isObject } from "./frame-parser.ts";

/** A failed try of a stage: what the plugin kept of it. */
export type FailedTry = { status: number; detail: string; kind: "application" | "transport" };

/**
 * What a user reads when a call that is no stream was refused (all releases): `detail`, else `message`; `message` also
 * where `detail` says nothing; the exception's name in parentheses.
 */
export function refusalText(status: number, body: unknown): string {
  const fallback = `Backend returned HTTP ${status} without a JSON error detail.`;
  if (!isObject(body)) return fallback;
  const { detail, message, python_exception: exception } = body;
  const isGeneric = typeof detail === "string" && /^(internal )?server error$/i.test(detail.trim());
  const chosen = isGeneric && message ? message : detail || message;
  const text = chosen ? asText(chosen) : "";
  if (exception) return text ? `${text} (${asText(exception)})` : asText(exception);
  return text || fallback;
}

/** What a user reads when a stream was refused before it began: 0.0.24 takes one of both texts, 0.0.29 joins them. */
export function streamRefusalText(release: PluginRelease, status: number, body: unknown): string {
  const fallback = `HTTP ${status}`;
  if (!isObject(body)) return fallback;
  if (release === "0.0.24") return asText(body.detail || body.message || fallback);
  const message = typeof body.message === "string" ? body.message.trim() : "";
  const structured = typeof body.detail === "object" && body.detail !== null;
  const detail = structured ? JSON.stringify(body.detail) : typeof body.detail === "string" ? body.detail.trim() : "";
  if (detail === "") return message || fallback;
  if (message === "" || detail.includes(message) || structured) return detail;
  return `${message}: ${detail}`;
}

/**
 * The sentence on the page of the job when a stage failed for good: from 0.0.29 on the first try that the backend itself
 * refused is told, and the others below it; before, the last one.
 */
export function stageFailureText(release: PluginRelease, stage: string, tries: readonly FailedTry[]): string {
  const told = (release === "0.0.24" ? undefined : tries.find(({ kind }) => kind === "application")) ?? tries.at(-1);
  if (!told) throw new Error("A stage that failed was tried at least once.");
  const sentence = `Stage '${stage}' failed (HTTP ${told.status}): ${told.detail}`;
  const isSame = (one: FailedTry) => one.status === told.status && one.detail === told.detail && one.kind === told.kind;
  if (release === "0.0.24" || tries.every(isSame)) return sentence;
  const others = tries.flatMap((one, index) =>
    one === told ? [] : [`Attempt ${index + 1}: HTTP ${one.status} — ${shortened(one.detail)}`],
  );
  return [sentence, ...others].join("\n");
}

/** Whether the plugin tries a stage again: overload, failures, and a 400 whose text names a way that failed. */
export function isTriedAgain(status: number, detail: string): boolean {
  if (status >= 500 || status === 429) return true;
  return status === 400 && transportWords.some((word) => detail.toLowerCase().includes(word));
}

/** How long it waits before that, in milliseconds: 8 s each time in 0.0.24; later 8 s and 16 s, or what Retry-After says. */
export function pauseBeforeRetry(release: PluginRelease, index: number, retryAfter: string | null): number {
  if (release === "0.0.24") return 8_000;
  const seconds = Number(retryAfter ?? Number.NaN);
  return Math.min(60, Number.isFinite(seconds) && seconds >= 0 ? seconds : 8 * 2 ** index) * 1_000;
}

/** What the plugin's pages say of one object's synchronisation ("Sync now"), and whether it counts as done. */
export function individualVerdict(status: number, body: Record<string, unknown>): { ok: boolean; text: string } {
  if (body.error) return { ok: false, text: asText(body.error) };
  if (status === 200) return { ok: true, text: asText(body.action ?? "synced") };
  if (status === 422) return { ok: false, text: "Invalid parameters" };
  if (status === 503) return { ok: false, text: "backend is unavailable" };
  return { ok: false, text: "Unknown error" };
}

const transportWords = [
  "timed out",
  "read timeout",
  "gateway timeout",
  "connection refused",
  "connection reset",
  "connection aborted",
  "connection error",
  "cannot connect",
  "bad gateway",
  "server disconnected",
  "temporarily unavailable",
  "service unavailable",
  "network is unreachable",
  "name or service not known",
  "failed to resolve",
  "max retries exceeded",
];

function shortened(text: string): string {
  return text.length <= 200 ? text : `${text.slice(0, 197)}...`;
}

function asText(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
