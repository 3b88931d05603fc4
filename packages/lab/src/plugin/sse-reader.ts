import { type Outcome, outcomeOf } from "./complete.ts";
import { frameParser, type ReadFrame } from "./frame-parser.ts";
import { decoderFor, lineCutter } from "./python-text.ts";
import { wireCheck } from "./wire-check.ts";

/** A stage stream, read to its end. */
export type StreamReading = {
  /** Every frame as the plugin saw it, `complete` too. */
  frames: ReadFrame[];
  /** What the plugin makes of it. */
  outcome: Outcome;
  /** What no reader should have to put up with; empty for a good stream. */
  violations: string[];
  bytes: number;
};

/** How patient a reader is, and what it does with frames as they come. */
export type ReaderOptions = {
  /** Longest time without a frame, in milliseconds, before it counts as a fault; comments are no frames. Default 15,000. */
  silenceMs?: number;
  /** Longest time the connection may stay open after `complete`, in milliseconds. Default 1,000. */
  lingerMs?: number;
  /** A clock in milliseconds. */
  now?: () => number;
  onFrame?: (frame: ReadFrame) => void;
};

/**
 * Reads a stage stream as the plugin does, to the end of the connection, and notes beside it whatever breaks the rules.
 * A connection that breaks off ends the stream. The reader lets go of one that stays open after `complete`, which
 * the plugin would not: it waits up to an hour.
 */
export async function readStream(response: Response, options: ReaderOptions = {}): Promise<StreamReading> {
  const { silenceMs = 15_000, lingerMs = 1_000, now = () => performance.now(), onFrame } = options;
  const contentType = response.headers.get("content-type") ?? "";
  const decoder = decoderFor(contentType);
  const lines = lineCutter();
  const parser = frameParser();
  const check = wireCheck();
  const frames: ReadFrame[] = [];
  const faults: string[] = [];
  let bytes = 0;
  let last = now();

  const noteSilence = () => {
    const silence = now() - last;
    if (silence > silenceMs) faults.push(`For ${Math.round(silence)} ms there was no frame.`);
    last = now();
  };
  const take = (frame: ReadFrame | null) => {
    if (!frame) return;
    noteSilence();
    frames.push(frame);
    onFrame?.(frame);
  };
  const completes = () => frames.filter(({ event }) => event === "complete");

  if (!/^text\/event-stream\s*;\s*charset=utf-8$/i.test(contentType))
    faults.push(`The content type is ${contentType}.`);
  let broken: string | null = null;
  try {
    for await (const chunk of chunksOf(response, () => (completes().length > 0 ? lingerMs : null))) {
      bytes += chunk.length;
      check.push(chunk);
      for (const line of lines.push(decoder.push(chunk))) take(parser.line(line));
    }
  } catch (error) {
    if (error instanceof StillOpen) faults.push(error.message);
    else broken = `The connection broke off: ${error instanceof Error ? error.message : String(error)}`;
  }
  for (const line of [...lines.push(decoder.end()), ...lines.end()]) take(parser.line(line));
  take(parser.end());
  if (completes().length === 0) noteSilence();
  if (broken !== null) faults.push(broken);
  const outcome = broken === null ? outcomeOf(completes().map(({ data }) => data)) : brokenOff(broken);
  return { frames, outcome, violations: [...faults, ...check.end()], bytes };
}

function brokenOff(detail: string): Outcome {
  return { status: 502, detail, kind: "transport", complete: null };
}

class StillOpen extends Error {}

/**
 * The pieces of a body until it ends; throws when it breaks off, or stays open for longer than `patience` says (null: as long
 * as it likes).
 */
async function* chunksOf(response: Response, patience: () => number | null): AsyncGenerator<Uint8Array> {
  const reader = response.body?.getReader();
  if (!reader) return;
  try {
    for (;;) {
      const limit = patience();
      const next = await withLimit(reader.read(), limit);
      if (next === "late") throw new StillOpen(`The connection was still open ${limit} ms after complete.`);
      if (next.done) return;
      yield next.value;
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}

async function withLimit<T>(work: Promise<T>, ms: number | null): Promise<T | "late"> {
  if (ms === null) return work;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<"late">((resolve) => {
    timer = setTimeout(resolve, ms, "late");
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
