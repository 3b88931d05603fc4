import type { RequestError } from "../errors.ts";

/** Whether a text is an id of NetBox or of ours, or a guest's number: positive, whole, and exact as a number. Pure. */
export function isId(text: string): boolean {
  return /^[1-9]\d{0,14}$/.test(text);
}

/**
 * The ids of a list such as `3,1`, ascending and each once. Pure.
 * @param name the parameter, for the sentence
 * @param most how many it may name
 * @param refuse makes the error of a sentence, which is thrown: plugins want another status for each list
 */
export function idsIn(name: string, list: string, most: number, refuse: (sentence: string) => RequestError): number[] {
  const entries = list.split(",").map((entry) => entry.trim());
  const wrong = entries.find((entry) => !isId(entry));
  if (wrong !== undefined) {
    throw refuse(`${name} must be positive whole numbers separated by commas; "${wrong}" is none.`);
  }
  const ids = [...new Set(entries.map(Number))].sort((left, right) => left - right);
  if (ids.length > most) throw refuse(`${name} may name ${most}, not ${ids.length}; leave it out for all.`);
  return ids;
}
