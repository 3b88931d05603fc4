import { invalid } from "./errors.ts";
import type { Json } from "./model.ts";

/** Accepts a stored value. */
export type Accepts = (value: Json | undefined) => boolean;

/** Lookup suffixes of query parameters. */
export const LOOKUPS = new Set([
  "n",
  "ic",
  "nic",
  "isw",
  "nisw",
  "iew",
  "niew",
  "ie",
  "nie",
  "empty",
  "regex",
  "iregex",
  "gt",
  "gte",
  "lt",
  "lte",
  "any",
]);

type Text = (value: string, wanted: string) => boolean;

const lower =
  (test: Text): Text =>
  (value, wanted) =>
    test(value.toLowerCase(), wanted.toLowerCase());
const contains = lower((value, wanted) => value.includes(wanted));
const startsWith = lower((value, wanted) => value.startsWith(wanted));
const endsWith = lower((value, wanted) => value.endsWith(wanted));
const equals: Text = (value, wanted) => value === wanted;

const TEXT: Readonly<Record<string, Text>> = {
  "": equals,
  ic: contains,
  isw: startsWith,
  iew: endsWith,
  ie: lower(equals),
  regex: (value, wanted) => new RegExp(wanted).test(value),
  iregex: (value, wanted) => new RegExp(wanted, "i").test(value),
};

const NEGATED: Readonly<Record<string, string>> = { n: "", nic: "ic", nisw: "isw", niew: "iew", nie: "ie" };

const isEmpty = (value: Json | undefined) => value === null || value === undefined || value === "";

const emptiness =
  (values: readonly string[]): Accepts =>
  (value) =>
    isEmpty(value) === (values.at(-1) === "true");

/** Filters of a text; undefined when texts have no such lookup. Repeated values are alternatives. */
export const textFilter = (parameter: string, lookup: string, values: readonly string[]): Accepts | undefined => {
  if (values.some((value) => value.includes("\u0000"))) {
    throw invalid({ [parameter]: ["Null characters are not allowed."] });
  }
  if (lookup === "empty") return emptiness(values);
  const negated = NEGATED[lookup];
  const test = TEXT[negated ?? lookup];
  if (!test) return undefined;
  const any: Accepts = (value) => values.some((wanted) => test(String(value ?? ""), wanted));
  return negated === undefined ? any : (value) => !any(value);
};

type Compare = (value: number, wanted: number) => boolean;

const NUMBER: Readonly<Record<string, Compare>> = {
  "": (value, wanted) => value === wanted,
  gt: (value, wanted) => value > wanted,
  gte: (value, wanted) => value >= wanted,
  lt: (value, wanted) => value < wanted,
  lte: (value, wanted) => value <= wanted,
};

/** Filters of a number; 400 for what is none. */
export const numberFilter = (
  parameter: string,
  lookup: string,
  values: readonly string[],
  whole: boolean,
): Accepts | undefined => {
  if (lookup === "empty") return emptiness(values);
  const test = NUMBER[lookup === "n" ? "" : lookup];
  if (!test) return undefined;
  const wanted = values.map((value) => {
    const number = Number(value);
    if (Number.isNaN(number) || (whole && !Number.isInteger(number))) {
      throw invalid({ [parameter]: [whole ? "Enter a whole number." : "Enter a number."] });
    }
    return number;
  });
  const any: Accepts = (value) => value !== null && wanted.some((number) => test(Number(value), number));
  return lookup === "n" ? (value) => !any(value) : any;
};

/** Filters of an instant; 400 for what is none. A date stands for its midnight. */
export const instantFilter = (parameter: string, lookup: string, values: readonly string[]): Accepts | undefined => {
  if (lookup === "empty") return emptiness(values);
  const test = NUMBER[lookup === "n" ? "" : lookup];
  if (!test) return undefined;
  const wanted = values.map((value) => {
    const at = Date.parse(/T| /.test(value) ? value.replace(" ", "T") : `${value}T00:00:00Z`);
    if (Number.isNaN(at)) throw invalid({ [parameter]: ["Enter a valid date/time."] });
    return at;
  });
  const any: Accepts = (value) =>
    typeof value === "string" && wanted.some((instant) => test(Date.parse(value), instant));
  return lookup === "n" ? (value) => !any(value) : any;
};

const YES = new Set(["true", "True", "1"]);
const NO = new Set(["false", "False", "0"]);

/** Filters of a yes or no; what is neither filters nothing. */
export const booleanFilter = (lookup: string, values: readonly string[]): Accepts | undefined => {
  const wanted = values.at(-1) ?? "";
  if (lookup !== "" || !(YES.has(wanted) || NO.has(wanted))) return undefined;
  return (value) => value === YES.has(wanted);
};

/** What a filter says of a value that is none of the choices. */
export const notAChoice = (parameter: string, value: string) =>
  invalid({ [parameter]: [`Select a valid choice. ${value} is not one of the available choices.`] });

/** Filters of a choice; 400 for a value that is none. */
export const choiceFilter = (
  parameter: string,
  lookup: string,
  values: readonly string[],
  choices: readonly string[],
): Accepts | undefined => {
  if (lookup === "empty") return emptiness(values);
  if (lookup !== "" && lookup !== "n") return textFilter(parameter, lookup, values);
  for (const value of values) if (!choices.includes(value)) throw notAChoice(parameter, value);
  const any: Accepts = (value) => values.includes(String(value));
  return lookup === "n" ? (value) => !any(value) : any;
};
