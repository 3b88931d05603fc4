import { NetBoxAPIError, SyncError } from "@proxbox/runtime/errors";
import { type KindName, kindNames, kindOf } from "./kinds.ts";

/** A request as errors speak of it: without its secrets, its query and its body. */
export type Asked = { method: "GET" | "POST" | "PATCH" | "DELETE"; path: string };

/** An answer of NetBox; `body` is its JSON, or its text where it is none. */
export type Answer = { status: number; body: unknown; retryAfterMs?: number };

const pluginPath = "/api/plugins/proxbox/";

// Measured on NetBox 4.6.8: a deadlock is a 500 that names it, written nothing; the rest are PostgreSQL's and Django's
// words for a database that has no connection left.
const databaseBusy =
  /deadlock detected|too many clients|too many connections|connection slots|QueuePool|PoolTimeout|OperationalError|could not serialize access|lock timeout|connection to server/i;
const duplicate = /already exists|must be unique|already has a Proxbox sync-state row|Duplicate IP address/i;
const certificate = /CERT|SIGNED|TLS|SSL|UNABLE_TO_VERIFY/;

/** The error of a request that got no whole answer; `timedOut` when we gave it up ourselves. */
export function connectionError(asked: Asked, host: string, thrown: unknown, timedOut: boolean): NetBoxAPIError {
  const code = String((thrown as { code?: unknown }).code ?? "");
  const message = ended(thrown instanceof Error ? thrown.message : String(thrown));
  const what = `${asked.method} ${pathOf(asked)} on NetBox at ${host}`;
  if (timedOut) {
    return new NetBoxAPIError("netbox_timeout", `${what} got no answer in time.`, {
      overload: true,
      status: 0,
      next: "NetBox is slow or overloaded; look at its workers and its database.",
      cause: thrown,
    });
  }
  if (code === "EPROTO") {
    return new NetBoxAPIError("netbox_tls", `NetBox at ${host} does not speak HTTPS: ${message}`, {
      status: 0,
      next: "Correct the port of the NetBox endpoint; for plain HTTP switch off its verify_ssl, and use another port than 443.",
      cause: thrown,
    });
  }
  if (certificate.test(code)) {
    return new NetBoxAPIError("netbox_tls", `The certificate of NetBox at ${host} is not trusted: ${message}`, {
      status: 0,
      next: "Install a certificate that is trusted here, or switch off verify_ssl of the NetBox endpoint.",
      cause: thrown,
    });
  }
  if (code === "ECONNREFUSED" || code === "ENOTFOUND" || code === "EAI_AGAIN" || code === "EHOSTUNREACH") {
    return new NetBoxAPIError("netbox_unreachable", `NetBox at ${host} cannot be reached: ${message}`, {
      retryable: true,
      status: 0,
      next: "Check the address and port of the NetBox endpoint, and that NetBox runs.",
      cause: thrown,
    });
  }
  return new NetBoxAPIError("netbox_interrupted", `${what} broke off: ${message}`, {
    overload: true,
    status: 0,
    next: "NetBox restarts or is overloaded; look at its log.",
    cause: thrown,
  });
}

/** The error of an address that is never called; `what` ends the sentence: `leads to 169.254.169.254, ...`. */
export function forbiddenError(host: string, what: string): NetBoxAPIError {
  return new NetBoxAPIError("netbox_address_refused", `NetBox is not called: ${host} ${what}.`, {
    status: 0,
    field: "domain",
    next: "Give the NetBox endpoint NetBox's own name or address; if its name should lead there, correct the name server.",
  });
}

/** The error of an answer that says NetBox has too much to do or is not there; null for any other answer. */
export function overloadError(asked: Asked, answer: Answer): NetBoxAPIError | null {
  const { status } = answer;
  const busy = status === 500 && databaseBusy.test(JSON.stringify(answer.body));
  if (!busy && status !== 429 && status !== 502 && status !== 503 && status !== 504) return null;
  const why = busy ? "its database is busy" : `HTTP ${status}`;
  return new NetBoxAPIError("netbox_overloaded", `NetBox refused ${asked.method} ${pathOf(asked)}: ${why}.`, {
    overload: true,
    status,
    retryAfterMs: answer.retryAfterMs,
    next: "NetBox has more to do than it can; it is asked again more slowly.",
    cause: wordsOf(answer.body),
  });
}

/** The error of an answer that refuses us as a caller, or that is not NetBox's at all; null for any other answer. */
export function accessError(asked: Asked, host: string, answer: Answer): NetBoxAPIError | null {
  const { status, body } = answer;
  // Nearly every answer is a good one, and the words of a page of a thousand rows are many.
  if (status < 300 && typeof body !== "string") return null;
  const words = wordsOf(body);
  if (status === 401 || (status === 403 && !/do not have permission/i.test(words))) {
    return new NetBoxAPIError("netbox_unauthorized", `NetBox at ${host} does not accept the token: ${ended(words)}`, {
      status,
      next: "Check the token of the NetBox endpoint: its version, whether it is enabled and has not expired.",
    });
  }
  if (status === 403) {
    const { action, permission, object } = neededFor(asked);
    return new NetBoxAPIError("netbox_forbidden", `The NetBox token may not ${action} ${object}: ${ended(words)}`, {
      status,
      object,
      next: `Give its user the permission ${permission} in NetBox, and writing to the token if it has it not.`,
    });
  }
  if (status >= 300 && status < 400) {
    return new NetBoxAPIError("netbox_bad_answer", `NetBox at ${host} redirects ${pathOf(asked)} elsewhere.`, {
      status,
      next: "Set the NetBox endpoint to the address that it redirects to, http or https included.",
    });
  }
  if (status !== 204 && typeof body === "string") {
    return new NetBoxAPIError(
      "netbox_bad_answer",
      `${asked.method} ${pathOf(asked)} got HTTP ${status} without JSON.`,
      {
        status,
        next: "Check that the address is NetBox's own, and that the plugin netbox-proxbox is installed there.",
        cause: words,
      },
    );
  }
  return null;
}

/** The error of an answer that refuses what was asked; `reason` narrows a bulk answer to one object. */
export function refusal(asked: Asked, answer: Answer, label?: string, reason: unknown = answer.body): NetBoxAPIError {
  const words = wordsOf(reason);
  const field = fieldOf(reason);
  const { status } = answer;
  const { action, object } = neededFor(asked);
  const subject = label ?? object;
  const details = { object: subject, field, status };
  if (status === 404 && asked.method === "GET" && asked.path.startsWith(pluginPath)) {
    const message = `NetBox has no ${object}: the plugin netbox-proxbox is missing there, switched off, or too old.`;
    const next = "Install netbox-proxbox in NetBox, name it in PLUGINS, and run its migrations.";
    return new NetBoxAPIError("netbox_plugin_missing", message, { ...details, next });
  }
  if (asked.method === "GET") {
    // NetBox 4.6.8 answers a filter by an object that was deleted meanwhile with 400; asked anew it is right.
    return new NetBoxAPIError("netbox_refused", `NetBox refused to list ${object} (HTTP ${status}): ${words}`, {
      ...details,
      retryable: /Select a valid choice/i.test(words),
    });
  }
  if (duplicate.test(words)) {
    return new NetBoxAPIError("netbox_conflict", `NetBox has another ${object} like ${subject}: ${words}`, {
      ...details,
      next: "Rename or remove one of the two.",
    });
  }
  if (status === 409) {
    const next = "Remove what depends on it, or leave it.";
    return new NetBoxAPIError("netbox_protected", `NetBox keeps ${subject}: ${words}`, { ...details, next });
  }
  if (status >= 500) {
    return new NetBoxAPIError("netbox_broken", `NetBox failed to ${action} ${subject} (HTTP ${status}): ${words}`, {
      ...details,
      next: "Look at NetBox's log; it failed in its own code.",
    });
  }
  return new NetBoxAPIError(
    "netbox_refused",
    `NetBox refused to ${action} ${subject} (HTTP ${status}): ${words}`,
    details,
  );
}

/** The error of a write that a dry run would have sent. */
export function readOnlyError(asked: Asked): NetBoxAPIError {
  return new NetBoxAPIError(
    "netbox_read_only",
    `${asked.method} ${pathOf(asked)} was not sent: a dry run writes nothing to NetBox.`,
    { next: "This is a fault of ours; please report it." },
  );
}

/** The error of a row that was there and is no longer; `label` is what it stood for. */
export function goneError(kind: KindName, id: number, label?: string): NetBoxAPIError {
  const row = `${kindOf(kind).label} ${id}`;
  const message = `${label ? `${label} (${row})` : row} was deleted in NetBox meanwhile.`;
  return new NetBoxAPIError("netbox_gone", message, {
    object: label ?? row,
    retryable: true,
    next: "The next run makes it again if it should be there.",
  });
}

/** Whether a refusal is about an object that exists already. */
export function isConflict(error: NetBoxAPIError): boolean {
  return error.code === "netbox_conflict";
}

/** Whether NetBox may have done what was asked although it did not say so. */
export function isAmbiguous(error: NetBoxAPIError): boolean {
  return error.overload && (error.status === 0 || error.status === 502 || error.status === 504);
}

const actions = { GET: "view", POST: "add", PATCH: "change", DELETE: "delete" } as const;
function pathOf({ path }: Asked): string {
  return path.split("?")[0] ?? path;
}

function neededFor(asked: Asked) {
  const action = actions[asked.method];
  const path = pathOf(asked);
  const kind = kindNames.map(kindOf).find((candidate) => path.startsWith(`/api/${candidate.path}/`));
  const object = kind?.model ?? path;
  const [app, model] = object.split(".");
  return { action, object, permission: model ? `${app}.${action}_${model}` : `to ${action} ${path}` };
}

function fieldOf(reason: unknown): string | undefined {
  if (typeof reason !== "object" || reason === null || Array.isArray(reason)) return undefined;
  return Object.keys(reason).find(
    (key) => !["detail", "error", "exception", "__all__", "non_field_errors"].includes(key),
  );
}

function wordsOf(body: unknown): string {
  if (typeof body === "string")
    return body
      .replace(/<[^>]*>/g, " ")
      .replace(/\s+/g, " ")
      .trim()
      .slice(0, 500);
  if (typeof body !== "object" || body === null) return String(body);
  const { detail, error } = body as { detail?: unknown; error?: unknown };
  if (typeof detail === "string") return detail;
  if (typeof error === "string") return error.replace(/\s+/g, " ");
  return Object.entries(body)
    .map(([field, reasons]) => {
      const words = Array.isArray(reasons) ? reasons.map(wordsOf).join(" ") : wordsOf(reasons);
      return field === "__all__" || field === "non_field_errors" || Array.isArray(body) ? words : `${field}: ${words}`;
    })
    .join(" ")
    .slice(0, 1_000);
}

/** An object fails with what it rests on. What failed first is the cause of all that rests on it, however far. */
export function referenceError(object: string, { label, error }: { label: string; error: Error }): SyncError {
  if (error instanceof SyncError && error.code === "reference_failed")
    return new SyncError("reference_failed", error.message, { object, next: error.next });
  const sentence = `It was not written because ${label} could not be made: ${error.message}`;
  return new SyncError("reference_failed", sentence, { object, next: `See why ${label} failed.` });
}

/** What NetBox says as a sentence; not all of its words end as one. */
function ended(words: string): string {
  return /[.!?]$/.test(words) ? words : `${words}.`;
}
