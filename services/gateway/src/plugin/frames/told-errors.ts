import type { StageName } from "@proxbox/contracts/stages";
import type { PluginFrame } from "../frame.ts";
import { categoryOf } from "./error-category.ts";
import { ended, sentenceOf } from "./error-sentence.ts";
import { inPlace, isComplete, ownCounts, phaseNumbers } from "./stage-result.ts";
import type { SeenError, StageTally } from "./stage-tally.ts";
import { stageWords } from "./stage-words.ts";

/** How many different errors the last words of a stream spell out. */
const mostSpelled = 3;

/**
 * What went wrong in these stages, for a person who sees nothing else: each stage with its numbers, and the most important
 * errors in full, one of each kind. The same failure gives the same text, since the plugin puts texts of its attempts together.
 */
export function failureText(tallies: readonly StageTally[], otherwise: string): string {
  const texts = tallies.filter((tally) => !isComplete(tally) && tally.phase !== "waiting").map(stageFailure);
  return texts.length > 0 ? texts.join(" ") : otherwise;
}

/** What `errors` of `complete` holds: the whole text first, which is what the plugin shows, then each error on its own. */
export function errorList(text: string, tallies: readonly StageTally[]): { detail: string }[] {
  const each = tallies.flatMap(({ errors }) => errors).map(({ error }) => sentenceOf(error));
  return [...new Set([text, ...each])].map((detail) => ({ detail }));
}

/** `error_detail` about one error. */
export function errorDetail(phase: string, { error, object }: SeenError, itemType?: string): PluginFrame {
  const name = object?.name ?? error.object;
  const { message, cause, next } = error;
  const data = {
    event: "error_detail",
    phase,
    ...(name === undefined ? {} : { item: { name, ...(itemType ? { item_type: itemType } : {}) } }),
    category: categoryOf(error.code),
    message: ended(name && !message.includes(name) ? `${name}: ${message}` : message),
    ...(cause ? { detail: cause } : {}),
    ...(next ? { suggestion: next } : {}),
  };
  return { event: "error_detail", data };
}

function stageFailure(tally: StageTally): string {
  const { failed } = phaseNumbers(tally);
  const [, several] = stageWords[tally.stage].noun;
  const there = inPlace(ownCounts(tally));
  const numbers = tally.summary ? ` (${failed} failed, ${there} ${several} in place)` : "";
  const spelled = firstOfEach(tally.errors).slice(0, mostSpelled);
  const rest = failed - spelled.length;
  const more =
    rest > 0 && spelled.length > 0
      ? ` ${rest} more failed${tally.errors.length > spelled.length ? " likewise" : ""}.`
      : "";
  return `${headOf(tally.stage, tally.phase)}${numbers}: ${spelled.map(({ error }) => sentenceOf(error)).join(" ") || "no error was told."}${more}`;
}

function headOf(stage: StageName, phase: StageTally["phase"]): string {
  const words: Record<StageTally["phase"], string> = {
    waiting: "was not begun",
    working: "is not done",
    done: "is incomplete",
    failed: "failed",
    cancelled: "was cancelled",
    blocked: "was not begun",
  };
  return `Stage ${stage} ${words[phase]}`;
}

/** The first error of each code, in order. */
function firstOfEach(errors: readonly SeenError[]): SeenError[] {
  const codes = errors.map(({ error }) => error.code);
  return errors.filter(({ error }, index) => codes.indexOf(error.code) === index);
}
