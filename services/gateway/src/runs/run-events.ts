import { streamEventNames } from "@proxbox/contracts/http";
import { type EventAddress, parseEventSubject, runToken } from "@proxbox/contracts/subjects";
import type { StoredMessage, StreamState } from "@proxbox/runtime/reader";

/** One event of a run as its clients get it. */
export type RunStreamEvent = {
  /** Its place in PBX_EVT. */
  seq: number;
  /** `<epoch>-<seq>`: what a client gives back as Last-Event-ID. */
  id: string;
  name: string;
  /** One line of JSON. */
  data: string;
  /** Whether the run is over after it; null when it says nothing about that. */
  over: boolean | null;
};

/** Makes a client's event of a stored message; null when it is none of ours. Pure. */
export function runStreamEvent(message: Pick<StoredMessage, "subject" | "seq" | "data">, epoch: string) {
  const address = parseEventSubject(message.subject);
  const envelope = address && parse(message.data);
  if (!envelope) return null;
  const { v: _, id: __, run, stage, attempt, ts, by, data, ...trace } = envelope;
  const told = { run, stage: stage === runToken ? null : stage, attempt, ts, by: `${by?.svc}/${by?.replica}` };
  const event: RunStreamEvent = {
    seq: message.seq,
    id: `${epoch}-${message.seq}`,
    name: nameOf(address),
    data: JSON.stringify({ ...told, ...trace, ...data }),
    over: overAfter(address),
  };
  return event;
}

/** An SSE frame. The data is one line, as JSON is. */
export function sseFrame(event: { id?: string; name: string; data: string }): string {
  return `${event.id ? `id: ${event.id}\n` : ""}event: ${event.name}\ndata: ${event.data}\n\n`;
}

/** A WebSocket frame with the same content. */
export function socketFrame(event: { id?: string; name: string; data: string }): string {
  return `{"id":${JSON.stringify(event.id ?? null)},"event":"${event.name}","data":${event.data}}`;
}

/** Where a client begins: at which sequence, and what it has to be told about that first. */
export type Beginning = { seq: number; notice: { name: string; data: string } | null };

/**
 * Where to go on after a Last-Event-ID. One of another epoch, from the future or unreadable means that the client knows
 * another stream: it gets everything, after a `reset`. What was forgotten meanwhile is owned up to by a `gap`; so is a run
 * whose beginning is no longer stored. Pure.
 */
export function beginningAfter(lastEventId: string | null, stream: StreamState, isWhole = true): Beginning {
  const { firstSeq, lastSeq, epoch } = stream;
  const gap = {
    name: streamEventNames.gap,
    data: JSON.stringify({ lastEventId, first: `${epoch}-${firstSeq}`, why: forgotten }),
  };
  if (!lastEventId) return { seq: 1, notice: isWhole ? null : gap };
  const [, known, digits] = /^([0-9a-z]{1,32})-(\d{1,15})$/i.exec(lastEventId.trim()) ?? [];
  const seq = Number(digits);
  if (known !== epoch || !(seq <= lastSeq)) {
    return { seq: 1, notice: { name: streamEventNames.reset, data: JSON.stringify({ lastEventId, why: madeAnew }) } };
  }
  return seq + 1 >= firstSeq ? { seq: seq + 1, notice: null } : { seq: firstSeq, notice: gap };
}

const forgotten = "Older events are no longer stored.";
const madeAnew = "The event stream was made anew since; everything is told again.";

type Parsed = Record<string, unknown> & { stage?: string; by?: { svc?: string; replica?: string }; data?: object };

function parse(bytes: Uint8Array): Parsed | null {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return typeof value === "object" && value !== null ? (value as Parsed) : null;
  } catch {
    return null;
  }
}

function nameOf(address: EventAddress): string {
  if (address.type === "result") return streamEventNames.result;
  if (address.type === "progress") return streamEventNames.progress;
  return `${address.type}.${address.fact}`;
}

/** Whether a run is over after an event of it; null when that says nothing about it. */
export function overAfter(address: EventAddress): boolean | null {
  if (address.type === "stage" && address.fact === "replay") return false;
  if (address.type !== "run") return null;
  return address.fact === "done" || address.fact === "failed" || address.fact === "cancelled";
}
