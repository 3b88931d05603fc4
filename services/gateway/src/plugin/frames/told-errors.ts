import { categoryOf } from "./error-category.ts";
import { ended, sentenceOf, withName } from "./error-sentence.ts";
import type { PluginFrame } from "./frame.ts";
import { inPlace, isComplete, ownCounts, phaseNumbers } from "./stage-result.ts";
import type { SeenError, StageTally } from "./stage-tally.ts";
import { stageWords } from "./stage-words.ts";

/** How many different errors the last words of a stream spell out, and how many further objects they name for each. */
const mostSpelled = 3;
const mostNamed = 3;

/**
 * What went wrong in these stages, for a person who sees nothing else: each stage with its numbers, and the most important
 * errors in full, one of each kind. The same failure gives the same text, since the plugin puts texts of its attempts together.
 */
export function failureText(tallies: readonly StageTally[], otherwise: string): string {
  const texts = tallies.filter((tally) => !isComplete(tally) && tally.phase !== "waiting").map(stageFailure);
  return texts.length > 0 ? texts.join(" ") : otherwise;
}

/** The last two frames of a stream that failed. */
export function failedFrames(step: string, text: string, tallies: readonly StageTally[] = []): PluginFrame[] {
  return [
    { event: "error", data: { step, status: "failed", error: text, detail: text } },
    { event: "complete", data: { ok: false, message: text, errors: errorList(text, tallies) } },
  ];
}

/** What `errors` of `complete` holds: the whole text first, which is what the plugin shows, then each error on its own. */
function errorList(text: string, tallies: readonly StageTally[]): { detail: string }[] {
  const each = tallies.flatMap(({ errors }) => errors).map(({ error, object }) => sentenceOf(error, object?.name));
  return [...new Set([text, ...each])].map((detail) => ({ detail }));
}

/** `error_detail` about one error. */
export function errorDetail(
  phase: string,
  { error, object }: Pick<SeenError, "error" | "object">,
  itemType?: string,
): PluginFrame {
  const name = object?.name ?? error.object;
  const { message, cause, next } = error;
  const data = {
    event: "error_detail",
    phase,
    ...(name === undefined ? {} : { item: { name, ...(itemType ? { item_type: itemType } : {}) } }),
    category: categoryOf(error.code),
    message: ended(withName(message, name)),
    ...(cause ? { detail: cause } : {}),
    ...(next ? { suggestion: next } : {}),
  };
  return { event: "error_detail", data };
}

function stageFailure(tally: StageTally): string {
  const { failed } = phaseNumbers(tally);
  const [, several] = stageWords[tally.stage].noun;
  const numbers = tally.summary ? ` (${failed} failed, ${inPlace(ownCounts(tally))} ${several} in place)` : "";
  const groups = groupsOf(tally.errors).slice(0, mostSpelled);
  const spelled = groups.map(([first, ...others]) => {
    // The stage stands before it.
    const { object, ...bare } = first.error;
    const error = object === `stage ${tally.stage}` ? bare : first.error;
    const names = others.flatMap(({ object }) => (object ? [object.name] : [])).slice(0, mostNamed);
    return `${sentenceOf(error, first.object?.name)}${names.length > 0 ? ` The same goes for ${names.join(", ")}.` : ""}`;
  });
  const told = groups.reduce((sum, group) => sum + Math.min(group.length, 1 + mostNamed), 0);
  const rest = failed > told ? ` ${failed - told} more failed.` : "";
  const text = `${spelled.join(" ") || "no error was told."}${rest}`;
  return tally.phase === "blocked" ? text : `${headOf(tally)}${numbers}: ${text}`;
}

function headOf({ stage, phase }: StageTally): string {
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

/** Errors by code, in the order in which the codes came; within a code by object, so that every attempt tells the same. */
function groupsOf(errors: readonly SeenError[]): [SeenError, ...SeenError[]][] {
  const groups = Map.groupBy(errors, ({ error }) => error.code);
  const name = ({ object }: SeenError) => object?.name ?? "";
  return [...groups.values()].flatMap((group) => {
    const [first, ...others] = group.toSorted((left, right) => (name(left) < name(right) ? -1 : 1));
    return first ? [[first, ...others] as [SeenError, ...SeenError[]]] : [];
  });
}
