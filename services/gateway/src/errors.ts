import type { FieldFault } from "@proxbox/contracts/http";
import { ProxboxError, toError } from "@proxbox/runtime/errors";
import { hideInText, isSecretField } from "@proxbox/runtime/hide-in-text";
import type { ValueError } from "@sinclair/typebox/errors";
import { ValidationError } from "elysia";

/** A request that is refused: with which status, what is said, and what to do next. */
export class RequestError extends ProxboxError {
  override readonly name = "RequestError";
  /** HTTP status of our answer. */
  readonly answer: number;
  /** What stands under `detail`, when it is not the message. */
  readonly detail: unknown;
  readonly headers: Record<string, string>;

  constructor(
    answer: number,
    code: string,
    message: string,
    more: { detail?: unknown; next?: string | undefined; headers?: Record<string, string>; cause?: unknown } = {},
  ) {
    super(code, message, { next: more.next, cause: more.cause, retryable: answer === 429 || answer === 503 });
    this.answer = answer;
    this.detail = more.detail ?? message;
    this.headers = more.headers ?? {};
  }
}

/** 400: what was asked cannot be. */
export function badRequest(message: string): RequestError {
  return new RequestError(400, "bad_request", message);
}

/** 404. */
export function notFound(message: string, next?: string): RequestError {
  return new RequestError(404, "not_found", message, { next });
}

/** 405, with the methods that there are. */
export function methodNotAllowed(allowed: readonly string[]): RequestError {
  return new RequestError(405, "method_not_allowed", "Method Not Allowed", { headers: { allow: allowed.join(", ") } });
}

/** 409: it does not fit what is. */
export function conflict(message: string, next?: string): RequestError {
  return new RequestError(409, "conflict", message, { next });
}

/** 503: ask again in some seconds. */
export function unavailable(message: string, cause?: unknown): RequestError {
  return new RequestError(503, "unavailable", message, { cause, headers: { "retry-after": "5" } });
}

/** 422 for one field, named by its path, e.g. `["body", "options", "proxmox_endpoint_ids"]`. */
export function invalidField(loc: FieldFault["loc"], msg: string, input?: unknown): RequestError {
  return invalid([{ type: "value_error", loc, msg, ...(input === undefined ? {} : { input }) }]);
}

function invalid(detail: FieldFault[]): RequestError {
  const [first] = detail;
  const message = first ? `${first.loc.join(".")}: ${first.msg}` : "The request is not valid.";
  return new RequestError(422, "invalid_request", message, { detail });
}

/** What is answered to a request that failed. `internal` errors are for the log; the caller learns nothing of them. */
export type Answer = { status: number; headers: Record<string, string>; body: unknown; internal: boolean };

/** The one place where an error becomes an answer. Never a stack, never the text of an error we did not foresee. */
export function answerOf(thrown: unknown): Answer {
  const error = requestError(thrown);
  if (!error) {
    const message = "Internal server error";
    const detail = "An unexpected error occurred.";
    return { status: 500, headers: {}, body: { detail, message, python_exception: null }, internal: true };
  }
  const known = error.answer === 422 ? {} : { code: error.code, ...(error.next ? { next: error.next } : {}) };
  const body = { detail: error.detail, message: error.message, python_exception: null, ...known };
  return { status: error.answer, headers: error.headers, body, internal: error.cause !== undefined };
}

function requestError(thrown: unknown): RequestError | null {
  if (thrown instanceof RequestError) return thrown;
  if (thrown instanceof ValidationError) return invalid(fieldFaults(thrown.type, thrown.all as ValueError[]));
  const { code, cause } = (thrown ?? {}) as { code?: unknown; cause?: unknown };
  if (code === "PARSE" && cause instanceof RequestError) return cause;
  if (code === "PARSE") return invalid([{ type: "json_invalid", loc: ["body"], msg: "This is not a JSON object." }]);
  if (code === "NOT_FOUND") return new RequestError(404, "not_found", "Not Found");
  const error = toError(thrown);
  if (error.code === "bus_unavailable" || error.code === "cancelled") {
    return unavailable("The message bus (nats-server) does not answer; try again in a few seconds.", error);
  }
  if (error.code === "secret_unreadable") {
    const { code, message, next } = error;
    return new RequestError(503, code, message, { cause: error, next, headers: { "retry-after": "60" } });
  }
  return null;
}

const partNames: Record<string, string> = { params: "path", headers: "header" };

/** The faults of a part of a request, one for each field; what was sent is repeated only when it is no secret. Pure. */
export function fieldFaults(part: string, errors: readonly ValueError[]): FieldFault[] {
  const faults = new Map<string, FieldFault>();
  for (const error of errors) {
    if (faults.has(error.path)) continue;
    const path = error.path.split("/").filter((step) => step !== "");
    const loc = [partNames[part] ?? part, ...path.map((step) => (/^\d+$/.test(step) ? Number(step) : step))];
    const scalar = error.value === null || ["string", "number", "boolean"].includes(typeof error.value);
    const input = scalar && !isSecretField(path.at(-1) ?? "") ? { input: shown(error.value) } : {};
    faults.set(error.path, { ...describe(error), loc, ...input });
  }
  return [...faults.values()];
}

// A secret is pasted into the wrong field sooner than one thinks.
function shown(value: unknown): unknown {
  return typeof value === "string" ? hideInText(value.slice(0, longestInput)) : value;
}

const longestInput = 500;

// Numbers of the schema library's errors, 0.34.
const missing = 45;
const unknown = 42;

function describe(error: ValueError): Pick<FieldFault, "type" | "msg"> {
  if (error.type === missing) return { type: "missing", msg: "This field is required." };
  if (error.type === unknown) return { type: "extra_forbidden", msg: "This field is not known here." };
  const choices = (error.schema.anyOf as { const?: unknown }[] | undefined)?.flatMap((choice) => choice.const ?? []);
  if (choices?.length) return { type: "literal_error", msg: `It must be one of ${choices.join(", ")}.` };
  return { type: "value_error", msg: `${error.message}.` };
}
