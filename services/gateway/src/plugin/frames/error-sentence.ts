import type { WireError } from "@proxbox/contracts/errors";

/**
 * An error in one or more sentences: which object, what failed, why, and what to do next.
 * @param name what it happened to, where the error itself does not say
 */
export function sentenceOf({ message, object, cause, next }: WireError, name?: string): string {
  const about = withName(message, object ?? name);
  const why = cause && !message.includes(cause) ? ` It says: ${ended(cause)}` : "";
  return `${ended(about)}${why}${next ? ` ${ended(next)}` : ""}`;
}

/** A message with what it is about before it, unless it says that itself. */
export function withName(message: string, name: string | undefined): string {
  if (!name) return message;
  // A short name is part of many words.
  const parts = message.split(name);
  const isWord = (text: string | undefined) => text !== undefined && /^[\p{L}\p{N}_-]/u.test(text);
  const isNamed = parts.some((part, index) => index > 0 && !isWord(part) && !isWord(parts[index - 1]?.slice(-1)));
  return isNamed ? message : `${name}: ${message}`;
}

/**
 * A message with what the other side said, unless it says that itself: that is often the one thing that helps, and those who
 * show one text of an answer read no other field.
 */
export function withCause({ message, cause }: { message: string; cause?: string | undefined }): string {
  return cause && !message.includes(cause) ? `${message} (${cause})` : message;
}

/** A text that ends as a sentence does. */
export function ended(text: string): string {
  const trimmed = text.trim();
  return /[.!?…]$/.test(trimmed) ? trimmed : `${trimmed}.`;
}
