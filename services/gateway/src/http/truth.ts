const words: Record<string, boolean> = {
  ...{ true: true, "1": true, yes: true, on: true, t: true, y: true },
  ...{ false: false, "0": false, no: false, off: false, f: false, n: false },
};

/** What a text means as a truth value, in any case; null: nothing. */
export function truthOf(text: string): boolean | null {
  return words[text.toLowerCase()] ?? null;
}
