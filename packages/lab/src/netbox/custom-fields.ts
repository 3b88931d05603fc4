import { crash, invalid, invalidObject } from "./errors.ts";
import type { Json, JsonObject, Model, Row } from "./model.ts";
import { tableAt, type World } from "./world.ts";

/** Path of the definitions of custom fields. */
export const CUSTOM_FIELDS = "extras/custom-fields";

type Defined = { version: number; byType: Map<string, readonly Row[]> };

const defined = new WeakMap<World, Defined>();

/** The custom fields a model has, by name. */
export const customFieldsOf = (world: World, model: Model): readonly Row[] => {
  const table = tableAt(world, CUSTOM_FIELDS);
  let cache = defined.get(world);
  if (cache?.version !== table.version) {
    cache = { version: table.version, byType: new Map() };
    defined.set(world, cache);
  }
  let fields = cache.byType.get(model.type);
  if (!fields) {
    fields = [...table.rows.values()]
      .filter((field) => (field.object_types as string[]).includes(model.type))
      .sort((a, b) => (String(a.name) < String(b.name) ? -1 : 1));
    cache.byType.set(model.type, fields);
  }
  return fields;
};

/** The values of a row, with those of fields made after it. */
export const customFieldValues = (world: World, model: Model, row: Row): JsonObject => {
  const values: Record<string, Json> = {};
  for (const field of customFieldsOf(world, model)) {
    const name = String(field.name);
    values[name] = row.custom_fields[name] ?? (name in row.custom_fields ? null : (field.default ?? null));
  }
  return values;
};

const NOT_A_DICTIONARY =
  "Invalid data format. Custom field data must be passed as a dictionary mapping field names to their values.";

/** Reads `custom_fields` of a body: the names given, merged into what is stored. Throws an array of messages or errors by name. */
export const parseCustomFields = (world: World, model: Model, value: Json, before: Row | undefined): JsonObject => {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw invalid([NOT_A_DICTIONARY]);
  const fields = new Map(customFieldsOf(world, model).map((field) => [field.name, field]));
  const merged: Record<string, Json> = { ...before?.custom_fields };
  const unknown = Object.keys(value).filter((name) => !fields.has(name));
  if (unknown.length > 0) {
    const errors = unknown.map((name) => [name, `Custom field '${name}' does not exist for this object type.`]);
    throw invalid(Object.fromEntries(errors));
  }
  for (const [name, given] of Object.entries(value as JsonObject)) {
    const field = fields.get(name) as Row;
    merged[name] = stored(world, field, given);
  }
  return merged;
};

const stored = (world: World, field: Row, value: Json): Json => {
  if (field.type === "object") return relatedObject(world, field, value);
  return field.type === "datetime" && typeof value === "string" ? value.replace(" ", "T") : value;
};

const relatedObject = (world: World, field: Row, value: Json): Json => {
  if (value === null) return null;
  const path = world.lookup.pathOf(field.related_object_type ?? null);
  const id = Number(value);
  if (path === undefined || !world.lookup.get(path, id)) {
    throw invalid([`Related object not found using the provided numeric ID: ${value}`]);
  }
  return id;
};

const fault = (world: World, field: Row, value: Json): string | undefined => {
  switch (field.type) {
    case "integer":
      return Number.isInteger(value) ? undefined : "Value must be an integer.";
    case "decimal":
      return Number.isFinite(Number(value)) ? undefined : "Value must be a decimal.";
    case "boolean":
      return value === true || value === false || value === 1 || value === 0
        ? undefined
        : "Value must be true or false.";
    case "text":
    case "longtext":
    case "url":
      if (typeof value !== "string") return "Value must be a string.";
      if (field.validation_regex !== "" && value !== "" && !new RegExp(String(field.validation_regex)).test(value)) {
        return `Value must match regex '${field.validation_regex}'`;
      }
      return undefined;
    case "date":
    case "datetime":
      if (typeof value !== "string") throw crash("TypeError", "fromisoformat: argument must be str");
      return Number.isNaN(Date.parse(value)) ? "Date and time values must be in ISO 8601 format." : undefined;
    case "select": {
      const set = world.lookup.get("extras/custom-field-choice-sets", field.choice_set);
      const choices = (set?.extra_choices ?? []) as [string, string][];
      return choices.some(([key]) => key === value)
        ? undefined
        : `Invalid choice (${value}) for choice set ${set?.name ?? ""}.`;
    }
    default:
      return undefined;
  }
};

/** The check NetBox makes of all custom fields of an object whenever it is saved. */
export const checkCustomFields = (world: World, model: Model, row: Row, before: Row | undefined): void => {
  for (const field of customFieldsOf(world, model)) {
    const name = String(field.name);
    const given = name in row.custom_fields;
    const value = row.custom_fields[name] ?? null;
    if (field.required === true && (value === null || value === "")) {
      throw before && !given
        ? invalidObject(`Missing required custom field '${name}'.`)
        : invalidObject(`Invalid value for custom field '${name}': Required field cannot be empty.`);
    }
    if (value === null || value === "") continue;
    const message = fault(world, field, value);
    if (message !== undefined) throw invalidObject(`Invalid value for custom field '${name}': ${message}`);
  }
};
