import { ProxmoxAPIError } from "@proxbox/runtime/errors";

/** The codes of ProxmoxAPIError. */
export type ProxmoxErrorCode =
  | "proxmox_unreachable"
  | "proxmox_timeout"
  | "proxmox_tls"
  | "proxmox_address_refused"
  | "proxmox_unauthorized"
  | "proxmox_forbidden"
  | "proxmox_not_found"
  | "proxmox_node_offline"
  | "proxmox_bad_answer"
  | "proxmox_error";

/** One request, as error messages name it. */
export type Subject = { endpoint: string; origin: string; path: string; identity: string };

/** Whether something thrown is a failure of Proxmox with this code. */
export function isProxmoxError(thrown: unknown, code: ProxmoxErrorCode): thrown is ProxmoxAPIError {
  return thrown instanceof ProxmoxAPIError && thrown.code === code;
}

const tlsCode = /CERT|SELF_SIGNED|ISSUER|VERIFY|SIGNATURE|EPROTO|TLS|SSL/;

/** What was thrown while asking: a failure of ours unchanged, else a connection that failed, broke or took too long. */
export function toFailure(thrown: unknown, subject: Subject, timeoutMs: number): ProxmoxAPIError {
  if (thrown instanceof ProxmoxAPIError) return thrown;
  const object = `endpoint ${subject.endpoint}`;
  const where = `Proxmox endpoint ${subject.endpoint} at ${subject.origin}`;
  const { name, code, message } = describe(thrown);
  if (name === "TimeoutError") {
    return failure("proxmox_timeout", `${where} did not answer ${subject.path} within ${timeoutMs / 1000} s.`, {
      object,
      retryable: true,
      next: "Check the load of the node and the firewall, or raise the endpoint's timeout.",
      cause: thrown,
    });
  }
  if (tlsCode.test(code)) {
    return failure("proxmox_tls", `${where} is not trusted: ${message}.`, {
      object,
      next: "Give the endpoint the authority's certificate or the SHA-256 fingerprint of the server's certificate, or turn verification off.",
      cause: thrown,
    });
  }
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") {
    const host = new URL(subject.origin).hostname;
    return failure("proxmox_unreachable", `${where} cannot be found: the name ${host} has no address (${code}).`, {
      object,
      retryable: true,
      field: "domain",
      next: "Correct the endpoint's domain, or see that the name server used here knows it.",
      cause: thrown,
    });
  }
  return failure("proxmox_unreachable", `${where} does not answer ${subject.path}: ${message}.`, {
    object,
    retryable: true,
    next: "Check that the server runs and that host, port and firewall are right.",
    cause: thrown,
  });
}

/** An address that is never called; `what` ends the sentence: `leads to 169.254.169.254, a link-local address`. */
export function forbiddenFailure({ endpoint, origin }: Pick<Subject, "endpoint" | "origin">, what: string) {
  const host = new URL(origin).hostname;
  return failure("proxmox_address_refused", `Proxmox endpoint ${endpoint} is not called: ${host} ${what}.`, {
    object: `endpoint ${endpoint}`,
    field: "domain",
    next: "Give the endpoint the name or address of a Proxmox VE node; if its name should lead there, correct the name server.",
  });
}

/** The server that answered has another certificate than the pinned one. */
export function fingerprintFailure(subject: Pick<Subject, "endpoint" | "origin">, seen: string, pinned: string) {
  return failure(
    "proxmox_tls",
    `Proxmox endpoint ${subject.endpoint} at ${subject.origin} is not trusted: its certificate has the SHA-256 fingerprint ${seen}, not the pinned ${pinned}.`,
    {
      object: `endpoint ${subject.endpoint}`,
      next: "If the certificate was renewed, store the new fingerprint; if not, somebody else answers at this address.",
    },
  );
}

/** An endpoint that has neither a token nor a password. */
export function missingCredentials(endpoint: string): ProxmoxAPIError {
  return failure("proxmox_unauthorized", `Proxmox endpoint ${endpoint} has neither an API token nor a password.`, {
    object: `endpoint ${endpoint}`,
    field: "token_value",
    next: "Give the endpoint an API token (name and value) or a password.",
  });
}

/** An answer that says no. `reason` is what Proxmox said. */
export function statusFailure(status: number, reason: string, subject: Subject): ProxmoxAPIError {
  const { endpoint, path, identity } = subject;
  const where = `Proxmox endpoint ${endpoint}`;
  const details = { object: `endpoint ${endpoint}`, status, ...(reason ? { cause: new Error(reason) } : {}) };
  const said = reason ? `: ${reason}` : "";
  if (status === 401) {
    return failure("proxmox_unauthorized", `${where} refused ${identity} (401)${said}.`, {
      ...details,
      next: "Check that it exists, is enabled, has not expired, and that the stored secret is right.",
    });
  }
  if (status === 403) {
    const [, object, privilege] = /\(([^,()]+),\s*([^()]+)\)/.exec(reason) ?? [];
    const lacks = object && privilege ? `the privilege ${privilege} on ${object}` : "a privilege";
    return failure("proxmox_forbidden", `${where} does not let ${identity} read ${path}: it lacks ${lacks} (403).`, {
      ...details,
      next: "Give it the role PVEAuditor on / with propagation; a token with privilege separation needs it itself.",
    });
  }
  if (status >= 595 && status <= 599) {
    return failure("proxmox_node_offline", `${where} cannot reach the node that answers ${path} (${status})${said}.`, {
      ...details,
      retryable: true,
      next: "Bring the node back; its guests keep their last known state in NetBox until then.",
    });
  }
  if (status === 404 || /does not exist|no such (?:vm|ct|container)/i.test(reason)) {
    return failure("proxmox_not_found", `${where} has no ${path} (${status})${said}.`, details);
  }
  return failure("proxmox_error", `${where} answered ${path} with ${status}${said}.`, {
    ...details,
    retryable: status === 429 || (status >= 500 && status !== 501),
    next: "Look into the log of pveproxy and pvedaemon on the node.",
  });
}

/** An answer that is no Proxmox answer: HTML, half of a JSON text, nothing. */
export function badAnswer(what: string, subject: Subject, status: number): ProxmoxAPIError {
  return failure(
    "proxmox_bad_answer",
    `Proxmox endpoint ${subject.endpoint} at ${subject.origin} answered ${subject.path} with ${what}.`,
    {
      object: `endpoint ${subject.endpoint}`,
      status,
      retryable: true,
      next: "Check that host and port lead to Proxmox VE itself, not to a proxy or another program.",
    },
  );
}

/** A guest of which nothing but its place is known. */
export function guestNotReported({ node, vmid }: { node: string; vmid: number }): ProxmoxAPIError {
  return failure(
    "proxmox_node_offline",
    `Node ${node} does not report its guest ${vmid}: the node is offline, the guest is new, or pvestatd hangs there.`,
    { object: `vmid ${vmid}`, retryable: true, next: "Bring the node back, or restart pvestatd on it." },
  );
}

/** A guest's agent may not be asked, or does not answer; what else was thrown is as it was. */
export function agentFailure(vmid: number, thrown: unknown): unknown {
  if (!(thrown instanceof ProxmoxAPIError)) return thrown;
  const { code, retryable, status } = thrown;
  const details = { object: `vmid ${vmid}`, retryable, status, cause: thrown };
  if (code === "proxmox_forbidden") {
    return failure(
      code,
      `The guest agent of vmid ${vmid} may not be asked: the privilege VM.GuestAgent.Audit (VM.Monitor before Proxmox VE 9) on /vms/${vmid} is missing (403).`,
      {
        ...details,
        next: "Give the token a role with this privilege, e.g. PVEAuditor of Proxmox VE 9, on / with propagation.",
      },
    );
  }
  if (code !== "proxmox_timeout" && code !== "proxmox_error") return thrown;
  return failure(code, `The guest agent of vmid ${vmid} does not answer: ${thrown.message}`, {
    ...details,
    next: "See that the agent runs inside the guest, or switch it off in the guest's options; NetBox keeps what it has.",
  });
}

/** A list was asked for and something else came. */
export function badListing(endpoint: string, path: string): ProxmoxAPIError {
  return failure(
    "proxmox_bad_answer",
    `Proxmox endpoint ${endpoint} answered ${path} with something that is no list.`,
    {
      object: `endpoint ${endpoint}`,
      retryable: true,
      next: "Check that host and port lead to Proxmox VE itself.",
    },
  );
}

/** Whether the whole endpoint fails, not only what was asked of it. */
export function isEndpointFailure(failure: ProxmoxAPIError): boolean {
  return endpointCodes.some((code) => failure.code === code);
}

const endpointCodes: readonly ProxmoxErrorCode[] = [
  "proxmox_unreachable",
  "proxmox_tls",
  "proxmox_address_refused",
  "proxmox_unauthorized",
];

/** Whether no server answered, so that another address of the endpoint may. */
export function isConnectionFailure(failure: ProxmoxAPIError): boolean {
  return connectionCodes.some((code) => failure.code === code);
}

const connectionCodes: readonly ProxmoxErrorCode[] = [
  "proxmox_unreachable",
  "proxmox_timeout",
  "proxmox_tls",
  "proxmox_address_refused",
];

/** The failures at an endpoint's addresses as one; the first, of the preferred address, decides what it is. */
export function combineFailures(failures: readonly ProxmoxAPIError[], endpoint: string): ProxmoxAPIError {
  const [first] = failures;
  if (!first) {
    return failure("proxmox_unreachable", `Proxmox endpoint ${endpoint} has neither a domain nor an address.`, {
      object: `endpoint ${endpoint}`,
      field: "ip_address",
      next: "Give the endpoint an address.",
    });
  }
  if (failures.length === 1) return first;
  const message = failures.map((each) => each.message).join(" ");
  const { code, object, next, retryable, cause } = first;
  return failure(code as ProxmoxErrorCode, message, { object, next, retryable, cause });
}

type Details = NonNullable<ConstructorParameters<typeof ProxmoxAPIError>[2]>;

function failure(code: ProxmoxErrorCode, message: string, details: Details): ProxmoxAPIError {
  return new ProxmoxAPIError(code, message.replace(/([.!?])\.+$/, "$1"), details);
}

function describe(thrown: unknown): { name: string; code: string; message: string } {
  if (!(thrown instanceof Error)) return { name: "", code: "", message: String(thrown) };
  const code = "code" in thrown && typeof thrown.code === "string" ? thrown.code : "";
  // Bun adds advice for programmers after the first sentence.
  const message = thrown.message.replace(/ For more information.*$/s, "").replace(/[.\s]+$/, "");
  return { name: thrown.name, code, message };
}
