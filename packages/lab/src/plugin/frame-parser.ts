/** A frame as the plugin sees it. */
export type ReadFrame = { event: string; data: Record<string, unknown> };

/** Makes frames of lines. */
export type FrameParser = { line(line: string): ReadFrame | null; end(): ReadFrame | null };

/**
 * The plugin's reader of server-sent events (0.0.24 to 0.0.29.post6), which is none of the standard: a line that is
 * neither `event:`, `data:`, a comment nor blank is taken for data, and so spoils the JSON it stands in; what is no JSON
 * object arrives as `{raw}`; a new `event:` ends the frame before it.
 */
export function frameParser(): FrameParser {
  let event = "";
  let data: string[] = [];
  const flush = (): ReadFrame | null => {
    const frame = data.length > 0 ? { event: event || "message", data: objectOf(data.join("\n")) } : null;
    event = "";
    data = [];
    return frame;
  };
  return {
    line(line) {
      if (line === "") return flush();
      if (line.startsWith(":")) return null;
      if (line.startsWith("event:")) {
        const before = flush();
        event = line.slice("event:".length).trim();
        return before;
      }
      data.push(line.startsWith("data:") ? line.slice("data:".length).trimStart() : line);
      return null;
    },
    end: flush,
  };
}

function objectOf(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : { raw: value };
  } catch {
    return { raw: text };
  }
}

/** Whether a value is a JSON object. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
