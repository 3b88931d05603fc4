import type { ObjectOutcome } from "@proxbox/contracts/messages";
import { isDraftId } from "./draft.ts";

/** What a dry run tells of an object: what would happen to it. Pure. Whatever needs no write stays as it is. */
export function asWould(outcome: ObjectOutcome): ObjectOutcome {
  const { id, ...rest } = outcome;
  const told = id === undefined || isDraftId(id) ? rest : { ...rest, id };
  const { outcome: would, fields } = told;
  if (would === "updated") {
    const which = fields?.length ? `: ${fields.join(", ")}` : "";
    return { ...told, outcome: "skipped", reason: `would be updated${which}`, would };
  }
  if (would !== "created" && would !== "deleted") return told;
  const { fields: _, ...brief } = told;
  return { ...brief, outcome: "skipped", reason: `would be ${would}`, would };
}
