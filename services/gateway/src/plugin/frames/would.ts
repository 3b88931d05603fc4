import type { ObjectOutcome } from "@proxbox/contracts/messages";

/** What would have become of an object. */
export type Would = "created" | "updated" | "deleted";

/**
 * What a dry run would have done to an object; null when it would have left it alone. A dry run tells it as the reason of
 * what it skipped: `would be created`. What goes on with `, but ...` would not be done in a real run either.
 */
export function wouldBe({ outcome, reason }: Pick<ObjectOutcome, "outcome" | "reason">): Would | null {
  const match = outcome === "skipped" ? /^would be (created|updated|deleted)(?!, but)\b/.exec(reason ?? "") : null;
  return (match?.[1] as Would | undefined) ?? null;
}
