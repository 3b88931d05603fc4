/** One frame of a stream as the plugin reads it: a name, and an object that becomes one line of JSON. */
export type PluginFrame = { event: PluginEventName; data: Record<string, unknown> };

/** The names of frames that the plugin knows. */
export type PluginEventName =
  | "bootstrap_done"
  | "step"
  | "discovery"
  | "substep"
  | "item_progress"
  | "phase_summary"
  | "error_detail"
  | "duplicate_name_resolved"
  | "error"
  | "complete"
  | "log";

/**
 * The bytes of a frame: two lines and a blank one, all ASCII. The plugin takes any other line for data, and may read the
 * text as ISO-8859-1 and split it where Python sees a line end, so nothing beyond ASCII may stand in it.
 */
export function frameText({ event, data }: PluginFrame): string {
  return `event: ${event}\ndata: ${asciiJson(data)}\n\n`;
}

/** JSON in one line of ASCII, with a blank after each colon and comma between members, as its readers search for. */
export function asciiJson(value: unknown): string {
  return spaced(value).replace(/[\u007f-\uffff]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

function spaced(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((entry) => spaced(entry ?? null)).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  const members = Object.entries(value).filter(([, entry]) => entry !== undefined);
  return `{${members.map(([key, entry]) => `${JSON.stringify(key)}: ${spaced(entry)}`).join(", ")}}`;
}
