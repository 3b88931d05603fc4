import { decode, encode } from "@proxbox/contracts/envelope";
import type { WireError } from "@proxbox/contracts/errors";
import { LiveAnswer, LiveQuestion, type LiveReadName, livePatienceMs, liveSubject } from "@proxbox/contracts/live";
import { ask } from "@proxbox/runtime/ask";
import type { Bus } from "@proxbox/runtime/bus";
import { ProxboxError } from "@proxbox/runtime/errors";
import { RequestError } from "../errors.ts";
import { withCause } from "./frames/error-sentence.ts";

/** The Proxmox endpoints that are meant, as far as a question and its failure name them; null: NetBox is asked. */
export type LiveScope = readonly { id: number; name: string }[] | null;

/**
 * Asks `inventory` what Proxmox or NetBox has now. The question ends with `signal`.
 * Throws RequestError: with the status and sentence of the source that could not be read; 503 when no inventory answers;
 * 504 when it does not in time; CancelledError once the signal is aborted.
 */
export async function askLive(
  bus: Bus,
  name: LiveReadName,
  scope: LiveScope,
  params: Record<string, string>,
  signal: AbortSignal,
): Promise<unknown> {
  const question = encode(LiveQuestion, { name, endpoints: (scope ?? []).map(({ id }) => id), params });
  const reply = await ask(bus, liveSubject, question, { signal, timeoutMs: livePatienceMs(name) }).catch((thrown) => {
    throw notAnswered(thrown, scope);
  });
  const answer = decode(LiveAnswer, reply);
  if ("error" in answer) throw notRead(answer.status, answer.error);
  return answer.body;
}

function notAnswered(thrown: unknown, scope: LiveScope): unknown {
  if (!(thrown instanceof ProxboxError)) return thrown;
  const { code, message, next } = thrown;
  const status = { ask_unheard: 503, ask_incomplete: 503, ask_timeout: 504 }[code];
  if (!status) return thrown;
  const source = scope === null ? "NetBox" : `Proxmox (${scope.map(({ name }) => name).join(", ") || "no endpoint"})`;
  return new RequestError(status, code, `${source} could not be read: ${message}`, { next, headers: pause(status) });
}

function notRead(status: number, { code, message, cause, next }: WireError): RequestError {
  const sentence = withCause({ message, cause });
  return new RequestError(status, code, sentence, { next, headers: pause(status) });
}

function pause(status: number): Record<string, string> {
  return status === 503 || status === 429 ? { "retry-after": "5" } : {};
}
