import type { WireError } from "@proxbox/contracts/errors";

/**
 * An error in one or more sentences: which object, what failed, why, and what to do next.
 * @param name what it happened to, where the error itself does not say
 */
export function sentenceOf({ message, object, cause, next }: WireError, name?: string): string {
  const what = object ?? name;
  const about = what && !message.includes(what) ? `${what}: ${message}` : message;
  const why = cause && !message.includes(cause) ? ` It says: ${ended(cause)}` : "";
  return `${ended(about)}${why}${next ? ` ${ended(next)}` : ""}`;
}

/** A text that ends as a sentence does. */
export function ended(text: string): string {
  const trimmed = text.trim();
  return /[.!?…]$/.test(trimmed) ? trimmed : `${trimmed}.`;
}
