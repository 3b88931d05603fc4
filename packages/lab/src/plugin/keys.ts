import type { PluginRelease } from "../netbox/models/plugin-parts.ts";
import { type Answer, ask, type Backend } from "./backend.ts";
import { isObject } from "./frame-parser.ts";

/** What the plugin thinks of its key: good, or the code under which it refuses to go on. */
export type KeyVerdict =
  | "accepted"
  | "candidate_rejected"
  | "candidate_conflict"
  | "bootstrap_conflict"
  | "backend_throttled"
  | "backend_unreachable"
  | "malformed_response"
  | "bootstrap_required"
  | `${string}_http_${number}`;

/** What a check came to, and how many seconds the backend asked us to wait (its Retry-After). */
export type KeyCheck = { verdict: KeyVerdict; retryAfter: number | null };

/** Waits some milliseconds; tests wait less. */
export type Wait = (ms: number) => Promise<void>;

const phases = { status: "bootstrap_status", register: "bootstrap", list: "validation" } as const;

/**
 * Looks whether the backend knows our key, and registers it when the backend has none and we may (the form of the
 * endpoint may, jobs may not). One try of each call.
 */
export async function checkKey(backend: Backend, mayRegister = false): Promise<KeyCheck> {
  const status = await ask(backend, "GET", "/auth/bootstrap-status", { open: true, seconds: 15 });
  if (status.status !== 200) return refusal("status", status);
  const { needs_bootstrap: needed, has_db_keys: known } = isObject(status.json) ? status.json : {};
  if (typeof needed !== "boolean" || typeof known !== "boolean" || needed === known) return malformed;
  if (!needed) return listed(await ask(backend, "GET", "/auth/keys", { seconds: 15 }));
  if (!mayRegister) return told("bootstrap_required");
  const body = { api_key: backend.key, label: "netbox-fastapi-1" };
  const registered = await ask(backend, "POST", "/auth/register-key", { open: true, seconds: 20, body });
  if (registered.status !== 201) return refusal("register", registered);
  const { detail } = isObject(registered.json) ? registered.json : {};
  return typeof detail === "string" ? told("accepted") : malformed;
}

/**
 * The check that begins a job: from 0.0.29 on tried up to ten times while the backend is overloaded or away, 2 s apart and
 * doubling to a minute, or as Retry-After says, three minutes in all; in 0.0.24 once.
 */
export async function checkKeyForJob(backend: Backend, release: PluginRelease, wait: Wait): Promise<KeyVerdict> {
  let left = 180;
  for (let attempt = 1; ; attempt++) {
    const { verdict, retryAfter } = await checkKey(backend);
    const mayPass = ["backend_throttled", "backend_unreachable"].includes(verdict) || verdict.endsWith("_http_503");
    const pause = Math.min(60, retryAfter ?? 2 ** attempt);
    if (release === "0.0.24" || !mayPass || attempt === 10 || left < pause) return verdict;
    await wait(pause * 1_000);
    left -= pause;
  }
}

function listed(answer: Answer): KeyCheck {
  if (answer.status !== 200) return refusal("list", answer);
  const keys = isObject(answer.json) ? answer.json.keys : undefined;
  return Array.isArray(keys) && keys.length > 0 && keys.every(isKey) ? told("accepted") : malformed;
}

function isKey(row: unknown): boolean {
  if (!isObject(row)) return false;
  const { id, label, is_active: active, created_at: at } = row;
  const isId = typeof id === "number" && Number.isInteger(id) && id > 0;
  return isId && typeof label === "string" && typeof active === "boolean" && typeof at === "number";
}

function refusal(phase: keyof typeof phases, { status, headers }: Answer): KeyCheck {
  const retryAfter = headers.get("retry-after");
  return { verdict: codeOf(phase, status), retryAfter: retryAfter === null ? null : Number(retryAfter) };
}

function codeOf(phase: keyof typeof phases, status: number): KeyVerdict {
  if (status === 0) return "backend_unreachable";
  if (status === 409) return phase === "register" ? "bootstrap_conflict" : "candidate_conflict";
  if (status === 401 || status === 403) return "candidate_rejected";
  return status === 429 ? "backend_throttled" : `${phases[phase]}_http_${status}`;
}

function told(verdict: KeyVerdict): KeyCheck {
  return { verdict, retryAfter: null };
}

const malformed = told("malformed_response");
