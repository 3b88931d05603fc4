/** A guest's note as NetBox keeps it: one line, and the whole when there is more. */
export type Description = { description: string; comments: string };

const longestLine = 200;

/**
 * The first line of a note with something in it, at most 200 characters, `…` for what was cut; the whole note as
 * comments only when it holds more than that line. Null when the note is blank.
 */
export function parseDescription(note: unknown): Description | null {
  if (typeof note !== "string") return null;
  const whole = storable(note).trim();
  if (whole === "") return null;
  const line = whole.split(/\r\n|\r|\n/, 1)[0]?.trim() ?? "";
  const description = cutLine(line);
  return { description, comments: description === whole ? "" : whole };
}

/** PostgreSQL stores no NUL, and a lone surrogate is no UTF-8. */
function storable(text: string): string {
  return text.replaceAll("\0", "").toWellFormed();
}

function cutLine(line: string): string {
  const characters = [...line];
  if (characters.length <= longestLine) return line;
  return `${characters
    .slice(0, longestLine - 1)
    .join("")
    .trimEnd()}…`;
}
