import type { ObjectOutcome } from "@proxbox/contracts/messages";
import { isDraftId } from "./draft.ts";

/** What a dry run tells of an object: what would happen to it. Pure. Whatever needs no write stays as it is. */
export function asWould(outcome: ObjectOutcome): ObjectOutcome {
  const { id, fields, reason, ...rest } = outcome;
  const known = id === undefined || isDraftId(id) ? {} : { id };
  if (outcome.outcome !== "created" && outcome.outcome !== "updated" && outcome.outcome !== "deleted")
    return { ...rest, ...known, ...(fields ? { fields } : {}), ...(reason ? { reason } : {}) };
  const which = outcome.outcome === "updated" && fields?.length ? `: ${fields.join(", ")}` : "";
  return {
    ...rest,
    ...known,
    outcome: "skipped",
    reason: `would be ${outcome.outcome}${which}`,
    would: outcome.outcome,
  };
}
