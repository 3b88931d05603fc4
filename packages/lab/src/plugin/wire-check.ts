import { isObject } from "./frame-parser.ts";

/** Holds the bytes of a stage stream against what is safe for every reader the plugin ever had. */
export type WireCheck = {
  push(bytes: Uint8Array): void;
  /** Everything that was wrong, in order; ask once the stream is over. */
  end(): string[];
};

/** The names of events that the plugin knows (0.0.24 to 0.0.29.post6) and a synchronisation may send. */
const knownEvents: ReadonlySet<string> = new Set([
  "complete",
  "error",
  "step",
  "discovery",
  "substep",
  "item_progress",
  "phase_summary",
  "error_detail",
  "progress",
  "bootstrap_done",
  "duplicate_name_resolved",
  "hardware_discovery",
]);

/**
 * A check of a whole stream, byte by byte: printable ASCII in lines that end with a line feed; comments between frames
 * only; a frame is one `event: ` of a known name, one `data: ` with a JSON object, and a blank line; one `complete`, whose
 * fields have the types that the plugin declares, and nothing after it.
 */
export function wireCheck(): WireCheck {
  const faults: string[] = [];
  let rest = "";
  let count = 0;
  let event: string | null = null;
  let data: string | null = null;
  let isOver = false;

  const fault = (what: string, line: string) => {
    faults.push(`Line ${count} ${what}: ${JSON.stringify(line.slice(0, 120))}`);
  };

  const endFrame = (line: string) => {
    if (event === null && data === null) return;
    if (event === null || data === null) fault("ends a frame that lacks its event or its data", line);
    else {
      if (!knownEvents.has(event)) fault("ends an event with a name the plugin does not know", event);
      const value = parse(data);
      if (!isObject(value)) fault("ends an event whose data is no JSON object", data);
      else if (event === "complete") for (const field of wrongFields(value)) fault(`has a wrong ${field}`, data);
      isOver = event === "complete";
    }
    event = null;
    data = null;
  };

  const take = (line: string) => {
    count++;
    if (isOver) return fault("comes after complete", line);
    if (/[^\x20-\x7e]/.test(line)) fault("has a byte that is not printable ASCII", line);
    if (line === "") return endFrame(line);
    const [, name, value = ""] = /^(event|data): (.*)$/.exec(line) ?? [];
    if (name === "event" && event === null && data === null) event = value;
    else if (name === "data" && event !== null && data === null) data = value;
    else if (!line.startsWith(":") || event !== null) fault("does not belong into a frame", line);
  };

  return {
    push(bytes) {
      rest += Buffer.from(bytes).toString("latin1");
      const lines = rest.split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) take(line);
    },
    end() {
      if (rest !== "" || event !== null || data !== null) faults.push("The stream ends in the middle of a frame.");
      if (!isOver) faults.push("The stream has no complete.");
      return faults;
    },
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function wrongFields({ ok, message, result, errors }: Record<string, unknown>): string[] {
  const isRight = {
    ok: typeof ok === "boolean",
    message: message === undefined || message === null || typeof message === "string",
    result: result === undefined || typeof result === "object",
    errors: errors === undefined || (Array.isArray(errors) && errors.every(isObject)),
  };
  return Object.entries(isRight).flatMap(([field, right]) => (right ? [] : [field]));
}
