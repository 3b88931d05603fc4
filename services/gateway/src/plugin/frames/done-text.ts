import type { Would } from "@proxbox/contracts/messages";
import { addCounts, type Counts, noCounts } from "@proxbox/contracts/messages";
import { ownCounts } from "./stage-result.ts";
import type { StageTally } from "./stage-tally.ts";
import { stageWords } from "./stage-words.ts";

/**
 * What came of a stage, or of several, in one sentence.
 * @param what the words it begins with, such as `The full update`
 * @param isDry whether nothing was to be written
 */
export function doneText(what: string, tallies: readonly StageTally[], isDry: boolean): string {
  const would = tallies.map((tally) => tally.would).reduce(addWould, { created: 0, updated: 0, deleted: 0 });
  const counts = tallies.map(ownCounts).reduce(addCounts, noCounts());
  return isDry
    ? `${what}: nothing was written, as asked; ${wouldParts(would, counts).join(", ")}.`
    : `${what} is done: ${parts(counts).join(", ")}.`;
}

/** What came of a stage's own objects, and how many objects failed or were left alone whatever they are. */
export function summaryText(tally: StageTally, { failed, leftAlone }: { failed: number; leftAlone: number }): string {
  const [, several] = stageWords[tally.stage].noun;
  const more = [...(leftAlone > 0 ? [`${leftAlone} left alone`] : []), `${failed} failed`];
  return `${several.charAt(0).toUpperCase()}${several.slice(1)}: ${[...parts(ownCounts(tally)), ...more].join(", ")}.`;
}

function parts({ created, updated, unchanged, deleted }: Counts): string[] {
  const gone = deleted > 0 ? [`${deleted} deleted`] : [];
  return [`${created} created`, `${updated} updated`, `${unchanged} as they should be`, ...gone];
}

function wouldParts({ created, updated, deleted }: Record<Would, number>, { unchanged }: Counts): string[] {
  const gone = deleted > 0 ? [`${deleted} would be deleted`] : [];
  return [`${created} would be created`, `${updated} would be updated`, ...gone, `${unchanged} are as they should be`];
}

function addWould(left: Record<Would, number>, right: Record<Would, number>): Record<Would, number> {
  const { created, updated, deleted } = right;
  return { created: left.created + created, updated: left.updated + updated, deleted: left.deleted + deleted };
}
