import type { Choices, Field, Json, Lookup, OnDelete, Row, ShapeKey } from "./model.ts";

/** Options every kind of field takes. */
export type FieldOptions = Pick<Field, "required" | "null" | "unique">;

const REQUIRED = { required: true } as const;

/** A text that must be given. */
export const requiredText = (max: number, options: FieldOptions & Pick<Field, "pattern"> = {}): Field => ({
  kind: "text",
  max,
  ...REQUIRED,
  ...options,
});

/** A text that may be empty, but not null. */
export const text = (max?: number, options: Partial<Field> = {}): Field => ({
  kind: "text",
  blank: true,
  default: "",
  ...(max === undefined ? {} : { max }),
  ...options,
});

/** A text that may be null (and then is null when not given). */
export const nullableText = (max?: number, options: Partial<Field> = {}): Field =>
  text(max, { null: true, default: null, ...options });

/** A slug, which must be given. */
export const slug = (max: number, options: FieldOptions = {}): Field => ({
  kind: "slug",
  max,
  ...REQUIRED,
  ...options,
});

/** Six hex digits. */
export const color = (preset = "9e9e9e"): Field => ({ kind: "color", default: preset });

const INT32 = 2147483647;

/** A number of 32 bits, not below zero, null by default. */
export const integer = (options: Partial<Field> = {}): Field => ({
  kind: "integer",
  min: 0,
  max: INT32,
  null: true,
  default: null,
  ...options,
});

/** A number that must be given. */
export const requiredInteger = (min = 0, max = INT32): Field => ({ kind: "integer", min, max, ...REQUIRED });

/** A 32-bit number of either sign, null by default. */
export const signed = (): Field => integer({ min: -INT32 - 1 });

/** A 64-bit number, null by default. */
export const big = (min = -(2 ** 63)): Field => integer({ min, max: 2 ** 63 - 1 });

/** A number with a fraction, null by default. */
export const float = (options: Partial<Field> = {}): Field => ({
  kind: "float",
  null: true,
  default: null,
  ...options,
});

/** A number with so many digits before and after the point, null by default. */
export const decimal = (before: number, after: number, options: Partial<Field> = {}): Field => ({
  kind: "decimal",
  digits: [before, after],
  null: true,
  default: null,
  ...options,
});

/** Yes or no; may be null when its preset is. */
export const boolean = (preset: boolean | null, options: Partial<Field> = {}): Field => ({
  kind: "boolean",
  default: preset,
  ...(preset === null ? { null: true } : {}),
  ...options,
});

/** A choice with a preset; null and "" are refused. */
export const choice = (choices: Choices, preset: string): Field => ({ kind: "choice", choices, default: preset });

/** A choice that must be given. */
export const requiredChoice = (choices: Choices): Field => ({ kind: "choice", choices, ...REQUIRED });

/** A choice that may be empty: null when it is. */
export const optionalChoice = (choices: Choices, options: Partial<Field> = {}): Field => ({
  kind: "choice",
  choices,
  null: true,
  blank: true,
  default: null,
  ...options,
});

/** A choice that is shown as its bare value. */
export const bareChoice = (choices: Choices, preset: string | null): Field => ({
  kind: "choice",
  choices,
  bare: true,
  default: preset,
  ...(preset === null ? { null: true, blank: true } : {}),
});

/** Any JSON; may be null when its preset is. */
export const json = (preset: Json, options: Partial<Field> = {}): Field => ({
  kind: "json",
  default: preset,
  ...(preset === null ? { null: true } : {}),
  ...options,
});

/** An instant, null by default. */
export const datetime = (options: Partial<Field> = {}): Field => ({
  kind: "datetime",
  null: true,
  default: null,
  ...options,
});

/** A reference that must be given. */
export const requiredReference = (to: string, onDelete: OnDelete, shape?: Field["shape"]): Field => ({
  kind: "reference",
  to,
  onDelete,
  ...REQUIRED,
  ...(shape === undefined ? {} : { shape }),
});

/** A reference, null by default; nulled when its target goes unless said otherwise. */
export const reference = (to: string, onDelete: OnDelete = "set-null", shape?: Field["shape"]): Field => ({
  kind: "reference",
  to,
  onDelete,
  null: true,
  default: null,
  ...(shape === undefined ? {} : { shape }),
});

/** References to several objects, none by default. */
export const references = (to: string, options: Partial<Field> = {}): Field => ({
  kind: "references",
  to,
  default: [],
  ...options,
});

/** Shown, never written. */
export const computed = (compute: (row: Row, lookup: Lookup) => Json): Field => ({ kind: "computed", compute });

/** Shown with one value, always: parts of NetBox no sync touches. */
export const constant = (value: Json): Field => computed(() => value);

/** A column no sync touches: always null. */
export const unset = (): Field => ({ ...constant(null), stored: true });

/** How many rows of another model point here. */
export const counter = (path: string, field: string): Field =>
  computed((row, lookup) => lookup.count(path, field, row.id));

/** Such a count, kept in a column of its own. */
export const storedCounter = (path: string, field: string): Field => ({ ...counter(path, field), stored: true });

/** Written, never shown. */
export const secret = (): Field => ({ kind: "secret", null: true, blank: true, default: "" });

/** When an object was made and last saved. */
export const stamps = {
  created: computed((row) => row.created),
  last_updated: computed((row) => row.last_updated),
} as const;

/** The tags of an object. */
export const tags = (): Field => ({ kind: "tags", default: [] });

/** The custom fields of an object. */
export const customFields = (): Field => ({ kind: "custom-fields", default: {} });

/** The content type of a link's target; null together with its id. */
export const linkType = (types: readonly string[], options: Partial<Field> = { null: true, default: null }): Field => ({
  kind: "object-type",
  types,
  ...options,
});

/** The id of a link's target. */
export const linkId = (options: Partial<Field> = { null: true, default: null }): Field => ({
  kind: "object-id",
  min: 0,
  max: 2 ** 63 - 1,
  ...options,
});

/** The target of the model's link, in its brief form. */
export const linked = (): Field => ({ kind: "linked" });

/** What every nested object of NetBox starts with. */
export const BRIEF = ["id", "url", "display"] as const satisfies readonly ShapeKey[];

/** A shape: the common keys, then these. */
export const brief = (...keys: ShapeKey[]): readonly ShapeKey[] => [...BRIEF, ...keys];

/** The older nested form, with the address of the page as well. */
export const nested = (...keys: ShapeKey[]): readonly ShapeKey[] => ["id", "url", "display_url", "display", ...keys];
