const mostCharacters = 250_000;
const smallestPortion = 50;
const wantedAtOnce = 2;

/**
 * Cuts a list into portions of up to `most` entries for one item each: fewer where that would leave NetBox's workers
 * without work, and fewer where the entries are so long that the item would not fit into a message. Pure.
 */
export function portionsOf<T>(entries: readonly T[], most: number): T[][] {
  const size = Math.min(most, Math.max(smallestPortion, Math.ceil(entries.length / wantedAtOnce)));
  const portions: T[][] = [];
  let characters = 0;
  for (const entry of entries) {
    const length = JSON.stringify(entry).length;
    const last = portions.at(-1);
    characters += length;
    if (last && last.length < size && characters <= mostCharacters) last.push(entry);
    else {
      portions.push([entry]);
      characters = length;
    }
  }
  return portions;
}
