/** The words every table of the simulated NetBox is written in. */

/** Anything JSON can say. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** An object as JSON says it. */
export type JsonObject = { readonly [key: string]: Json };

/** A stored object. References are ids, choices are bare values, `tags` are tag ids. A row is never changed, only replaced. */
export type Row = {
  readonly id: number;
  readonly created: string;
  readonly last_updated: string;
  readonly tags: readonly number[];
  readonly custom_fields: JsonObject;
  readonly [field: string]: Json;
};

/** What a rule, a computed field or a filter may ask of the other tables. */
export type Lookup = {
  /** The row, or undefined when there is none. */
  get(path: string, id: Json | undefined): Row | undefined;
  /** Rows of `path` whose `field` (a reference or an index) holds `value`. */
  having(path: string, field: string, value: Json): Row[];
  /** How many such rows there are; cheaper than `having`. */
  count(path: string, field: string, value: Json): number;
  /** How many objects carry a tag. */
  tagged(tag: number): number;
  /** Path of the model with this content type ("dcim.site"). */
  pathOf(type: Json | undefined): string | undefined;
  /** How the row names itself (`display`). */
  display(path: string, row: Row): string;
  /** Whether global uniqueness of addresses and prefixes is on (ENFORCE_GLOBAL_UNIQUE). */
  readonly enforceGlobalUnique: boolean;
};

/** Values of a choice and their labels, in NetBox's order. */
export type Choices = Readonly<Record<string, string>>;

/** What happens to the holder of a reference when its target goes. `restrict` yields when the holder goes as well. */
export type OnDelete = "cascade" | "protect" | "restrict" | "set-null";

/** How a field is read, stored and shown. */
export type Kind =
  | "text"
  | "slug"
  | "color"
  | "url"
  | "integer"
  | "float"
  | "decimal"
  | "boolean"
  | "choice"
  | "json"
  | "datetime"
  | "mac"
  | "address"
  | "network"
  | "host"
  | "reference"
  | "references"
  | "tags"
  | "custom-fields"
  | "object-type"
  | "object-types"
  | "object-id"
  | "linked"
  | "secret"
  | "computed";

/** A key of a nested object: a field of the target, one that is worked out, or a reference in another shape. */
export type ShapeKey =
  | string
  | { readonly key: string; readonly value: (row: Row, lookup: Lookup) => Json }
  | { readonly key: string; readonly shape: readonly ShapeKey[] };

/** One field of a model: how it is read from a body, and how it is shown. */
export type Field = {
  readonly kind: Kind;
  readonly required?: boolean;
  readonly null?: boolean;
  readonly blank?: boolean;
  readonly default?: Json;
  /** Characters of a text, or the largest number. */
  readonly max?: number;
  readonly min?: number;
  /** A text kept in lower case. */
  readonly lower?: boolean;
  /** Digits before and after the point of a decimal. */
  readonly digits?: readonly [number, number];
  readonly choices?: Choices;
  /** A choice that is shown bare, not as `{value, label}`. */
  readonly bare?: boolean;
  /** What a text must match, and what is said when it does not. */
  readonly pattern?: readonly [RegExp, ...string[]];
  /** Path of the model a reference points to. */
  readonly to?: string;
  readonly onDelete?: OnDelete;
  /** Keys shown of the target; its brief keys when absent. "id" shows the bare id. */
  readonly shape?: readonly ShapeKey[] | "id";
  /** References for which nothing but ids is accepted. */
  readonly idsOnly?: boolean;
  /** Message of the 400 when another row has the same value. */
  readonly unique?: string;
  /** Content types accepted by an object-type field; all when absent. */
  readonly types?: readonly string[];
  readonly compute?: (row: Row, lookup: Lookup) => Json;
  /** A computed field that is a column of the database: change records have it. */
  readonly stored?: boolean;
};

/** Errors of a body by field, as the API says them. */
export type Errors = Record<string, Json>;

/** What a rule looks at. */
export type Change = {
  /** The row as it would be stored. */
  readonly row: Row;
  /** The row as it is stored; undefined when it is being created. */
  readonly before: Row | undefined;
  /** The fields the body named, parsed. */
  readonly given: Readonly<Record<string, Json>>;
  readonly lookup: Lookup;
};

/** A check of the whole object: its errors, or undefined when all is well. May throw to answer otherwise than 400. */
export type Rule = (change: Change) => Errors | undefined;

/** Fields that saving sets by itself. */
export type Derive = (change: Change) => Readonly<Record<string, Json>> | undefined;

/** Rows elsewhere that change because this one did. */
export type Effect = (event: {
  row: Row;
  before: Row | undefined;
  gone: boolean;
  lookup: Lookup;
}) => readonly SideChange[];

/** One such row: `touch` also moves its `last_updated` and leaves a change record. */
export type SideChange = { path: string; id: number; set: Readonly<Record<string, Json>>; touch?: boolean };

/** A set of fields no two rows share. */
export type Unique = {
  readonly fields: readonly string[];
  /** Fields compared without regard to case. */
  readonly fold?: readonly string[];
  /** Holds only for rows of this kind. */
  readonly when?: (row: Row) => boolean;
  /** `400` says the message under `__all__`; `database` only meets the constraint: 500. */
  readonly answer: "400" | "database";
  /** What the API answers when the database meets the constraint, where that is not 500. */
  readonly conflict?: { readonly status: number; readonly body: Json };
  readonly message?: string;
  readonly constraint: string;
  /** The columns as the database names them. */
  readonly columns: readonly string[];
};

/** How a query parameter finds rows when it is not simply a field of the model. */
export type Filter =
  | { readonly by: "field"; readonly field: string; readonly ignoreCase?: boolean }
  | {
      readonly by: "reference";
      readonly path: readonly string[];
      readonly to: string;
      readonly key: string;
    }
  | { readonly by: "ids"; readonly field: string; readonly orNull?: boolean }
  | { readonly by: "link"; readonly to: string; readonly type: string; readonly key: string }
  | { readonly by: "test"; readonly accepts: (row: Row, value: string, lookup: Lookup) => boolean };

/** Where a pair of fields points to an object of any of several models. */
export type ObjectLink = {
  readonly type: string;
  readonly id: string;
  readonly onDelete: "cascade" | "none";
  /** A missing target is told under `non_field_errors` (journal entries), not under the id; or not noticed at all. */
  readonly missing?: "non-field" | "unchecked";
};

/** A model: everything the engine needs to know of it. */
export type Model = {
  /** Below `/api/`, without slashes at the ends. */
  readonly path: string;
  /** Content type: `app.model`. */
  readonly type: string;
  /** Class name, as in "No VirtualMachine matches the given query." */
  readonly object: string;
  /** Its name in words, where that is not the class name's. */
  readonly noun?: string;
  /** Table name in the database, for the text of integrity errors. */
  readonly table: string;
  readonly fields: Readonly<Record<string, Field>>;
  readonly brief: readonly ShapeKey[];
  readonly display: (row: Row, lookup: Lookup) => string;
  /** `display` of the full form, where it says more. */
  readonly title?: (row: Row, lookup: Lookup) => string;
  /** Path of its page in the web interface, where that is not the API's. */
  readonly page?: string;
  /** Names are ordered as people count (natural_sort), or part by part as those of interfaces; by bytes when absent. */
  readonly natural?: boolean | "interface";
  /** Fields that order a list, `-` for descending. */
  readonly order: readonly string[];
  /** The order a bulk DELETE works in, where that is another. */
  readonly deleteOrder?: readonly string[];
  readonly uniques?: readonly Unique[];
  readonly link?: ObjectLink;
  readonly rules?: readonly Rule[];
  readonly derive?: readonly Derive[];
  readonly effects?: readonly Effect[];
  readonly indexes?: Readonly<Record<string, (row: Row) => Json>>;
  readonly filters?: Readonly<Record<string, Filter>>;
  /** Only these fields filter; every field when absent. */
  readonly filterable?: readonly string[];
  /** Fields `q=` looks into; `name` and `description` when absent. */
  readonly search?: readonly string[];
  /** Verbs refused with 405 although the engine could serve them. */
  readonly refuses?: readonly string[];
  /** Items of a bulk POST are checked and saved one after the other; the first error is the answer. */
  readonly createsInTurn?: boolean;
  /** A list is a 500 in this plugin release (`QuerySetNotOrdered`). */
  readonly brokenList?: boolean;
  /** Any authenticated caller may ask, and sees no rows without permission. */
  readonly openRead?: boolean;
  /** A reference: rows are hidden from who may not view its target. */
  readonly seenThrough?: string;
  /** Its objects have no ETag. */
  readonly untagged?: boolean;
};
