import { ProxmoxAPIError } from "@proxbox/runtime/errors";
import { parseRow } from "./parse/rows.ts";
import { parseFlag } from "./parse/scalars.ts";
import type { Credentials } from "./target.ts";

/** Headers that say who we are. */
export type LoginHeaders = Record<string, string>;

/** Who we are to a server. */
export type Login = {
  /** How messages name us: never a secret. */
  identity: string;
  headers(): Promise<LoginHeaders>;
  /** Says that the server refused these headers; true when a second try with new ones makes sense. */
  refused(headers: LoginHeaders): boolean;
};

/** A ticket lives two hours (Proxmox VE 9.2); a new one is taken after one. */
const ticketLifeMs = 60 * 60 * 1_000;

/** Exchanges a user's password for a ticket (POST /access/ticket). */
export type TakeTicket = (user: string, password: string) => Promise<string>;

/** The login that belongs to an endpoint's credentials; null when it has none. */
export function loginOf(credentials: Credentials | null, takeTicket: TakeTicket, now = Date.now): Login | null {
  if (!credentials) return null;
  if (credentials.by === "token") return tokenLogin(credentials);
  const { user, password } = credentials;
  return ticketLogin(user, () => takeTicket(user, password), now);
}

/** Login by API token: the same header for ever. */
function tokenLogin({ id, secret }: Extract<Credentials, { by: "token" }>): Login {
  return {
    identity: `the API token ${id}`,
    headers: async () => ({ authorization: `PVEAPIToken=${id}=${secret}` }),
    refused: () => false,
  };
}

/**
 * Login by password: one ticket for all requests, taken anew after an hour and when a server refuses it.
 * Reads need no CSRF token.
 */
function ticketLogin(user: string, takeTicket: () => Promise<string>, now: () => number): Login {
  let current: { headers: LoginHeaders; until: number } | null = null;
  let pending: Promise<LoginHeaders> | null = null;
  const renew = async () => {
    const headers = { cookie: `PVEAuthCookie=${encodeURIComponent(await takeTicket())}` };
    current = { headers, until: now() + ticketLifeMs };
    return headers;
  };
  return {
    identity: `the user ${user}`,
    headers() {
      if (current && current.until > now()) return Promise.resolve(current.headers);
      pending ??= renew().finally(() => {
        pending = null;
      });
      return pending;
    },
    refused(headers) {
      if (headers === current?.headers) current = null;
      return true;
    },
  };
}

/** The ticket in an answer of POST /access/ticket; throws ProxmoxAPIError when a second factor is asked for. */
export function ticketOf(answer: unknown, endpoint: string, user: string): string {
  const { ticket, NeedTFA } = parseRow(answer) ?? {};
  if (typeof ticket === "string" && ticket !== "" && !parseFlag(NeedTFA)) return ticket;
  const why = parseFlag(NeedTFA) ? "asks for a second factor" : "gave no ticket";
  throw new ProxmoxAPIError("proxmox_unauthorized", `Proxmox endpoint ${endpoint} ${why} for the user ${user}.`, {
    object: `endpoint ${endpoint}`,
    next: "Use an API token for this endpoint.",
  });
}
