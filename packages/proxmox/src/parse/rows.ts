/** An object of an answer whose fields are not known yet. */
export type Row = Record<string, unknown>;

/** An object; null for anything else, lists included. */
export function parseRow(value: unknown): Row | null {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : null;
}

/** The objects of a list; anything else in it, or that is no list, is left out. */
export function parseRows(value: unknown): Row[] {
  if (!Array.isArray(value)) return [];
  return value.map(parseRow).filter((row) => row !== null);
}
