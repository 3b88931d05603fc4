import { fullUpdatePath, type StagePath, stagePaths } from "../stages/stage-paths.ts";

/** What can be asked for over a socket. */
export type CommandMeaning = {
  /** Its words, as the plugin sends them. */
  words: readonly string[];
  path: StagePath;
  /** What the message that ends it is about: the plugin releases the button of that name. */
  object: "full-update" | "device" | "virtual_machine";
};

/** Every command (plugin 0.0.24 to 0.0.29.post6, websocket_client.py and static/netbox_proxbox/js/websocket.js). */
export const commandMeanings = [
  { words: ["Full Update", "Full Update Sync"], path: fullUpdatePath, object: "full-update" },
  { words: ["Sync Nodes"], path: stagePathOf("/dcim/devices/create"), object: "device" },
  {
    words: ["Sync Virtual Machines"],
    path: stagePathOf("/virtualization/virtual-machines/create"),
    object: "virtual_machine",
  },
] as const satisfies readonly CommandMeaning[];

/** One command: what it means, the word it was given by, and the id that each of its answers repeats, if it has one. */
export type SocketCommand = { meaning: CommandMeaning; word: string; runId: string | null };

/**
 * Reads a command: its bare words, or `{"command": ..., "run_id": ...}` as plugins from 0.0.29 on send it to who has the
 * capability `ws_run_id`. What it is not understood as is answered with texts, or for the second form with an object. Pure.
 */
export function readCommand(text: string): SocketCommand | { refusal: string[] } {
  const envelope = envelopeOf(text);
  const word = (envelope ? envelope.command : text).trim();
  const runId = envelope?.runId ?? null;
  const meaning = commandMeanings.find(({ words }) => (words as readonly string[]).includes(word));
  if (meaning && !(envelope && envelope.runId === undefined)) return { meaning, word, runId };
  const valid = `Valid commands: ${commandMeanings.flatMap(({ words }) => words).join(", ")}.`;
  if (!envelope) return { refusal: [`Invalid command: ${text}`, valid] };
  const why = meaning ? "A run_id has 8 to 64 letters, digits, _ or -." : valid;
  // The message by which the plugin knows a backend without this form; it then sends the bare words.
  const refusal = {
    object: "error",
    message: "Invalid sync command",
    detail: why,
    ...(runId ? { run_id: runId } : {}),
  };
  return { refusal: [JSON.stringify(refusal)] };
}

/** The API key in the first message of a socket; empty when there is none. Pure. */
export function keyIn(text: string): string {
  const key = objectOf(text)?.api_key;
  return typeof key === "string" ? key.trim() : "";
}

/** `runId`: null when there is none, undefined when it is not of the form that the plugin accepts back. */
function envelopeOf(text: string): { command: string; runId: string | null | undefined } | null {
  const object = objectOf(text);
  if (!object) return null;
  const { command, run_id: id } = object;
  const isId = typeof id === "string" && /^[A-Za-z0-9_-]{8,64}$/.test(id);
  return {
    command: typeof command === "string" ? command : "",
    runId: id === undefined ? null : isId ? id : undefined,
  };
}

function objectOf(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}

function stagePathOf(path: string): StagePath {
  const found = stagePaths.find((entry) => entry.path === path);
  if (!found) throw new RangeError(`${path} is no path of a stage.`);
  return found;
}
