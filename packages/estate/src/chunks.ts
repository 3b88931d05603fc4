import type { Guest } from "@proxbox/proxmox/resources/listing";

/** Guests of one endpoint that are worked on together. The key is the same in every stage that saw the same listing. */
export type Chunk<G extends Guest = Guest> = { key: string; guests: G[] };

const fullChunk = 50;
const smallestChunk = 10;
const wantedAtOnce = 2;

/**
 * How many of an endpoint's guests go into an item: fifty, fewer where that would leave NetBox's workers without work.
 * Other endpoints do not count: an item must be the same when a replay brings back one that was away.
 */
export function chunkSize(guests: number): number {
  return Math.min(fullChunk, Math.max(smallestChunk, Math.ceil(guests / wantedAtOnce)));
}

/**
 * Cuts an endpoint's listing into chunks, ordered by node so that one chunk asks few nodes. Pure. What is observed of a
 * chunk is stored under its key, so every stage has to cut the whole listing and leave out afterwards what it does not want.
 */
export function chunksOf(listed: readonly Guest[]): Chunk[] {
  const size = chunkSize(listed.length);
  const ordered = [...listed].sort((left, right) => left.node.localeCompare(right.node) || left.vmid - right.vmid);
  return Array.from({ length: Math.ceil(ordered.length / size) }, (_, index) => {
    const guests = ordered.slice(index * size, (index + 1) * size);
    return { key: `${guests[0]?.vmid ?? 0}-${guests.length}`, guests };
  });
}
