import { parseCustomFields } from "./custom-fields.ts";
import { crash, invalid, Refusal } from "./errors.ts";
import type { Errors, Field, Json, JsonObject, Model, Row } from "./model.ts";
import { typeName } from "./python.ts";
import { resolveAll, resolveId, resolveReference } from "./references.ts";
import { readValue } from "./values.ts";
import { type Table, uniqueIndex, type World } from "./world.ts";

/** A body, read: the fields it named, and what it asks besides. */
export type Parsed = {
  readonly given: Readonly<Record<string, Json>>;
  readonly message: string;
};

/** How a body is read: whether fields may be left out, and which of them count (`?fields=` on a write cuts the body). */
export type Reading = { readonly partial: boolean; readonly accepts: (field: string) => boolean };

const fail = (...messages: string[]): never => {
  throw invalid(messages);
};

const isWritable = (field: Field) => field.kind !== "computed" && field.kind !== "linked";

const readNull = (field: Field): null => {
  if (field.null) return null;
  return fail(field.kind === "choice" ? "This field may not be blank." : "This field may not be null.");
};

const readType = (world: World, field: Field, value: Json): string => {
  if (typeof value !== "string" || !/^[^.]+\.[^.]+$/.test(value)) {
    return fail("Invalid value. Specify a content type as '<app_label>.<model_name>'.");
  }
  const known = field.types?.includes(value) ?? world.byType.has(value);
  return known ? value : fail(`Invalid content type: ${value}`);
};

const readField = (world: World, model: Model, field: Field, value: Json, before: Row | undefined): Json => {
  if (field.kind === "custom-fields") {
    return value === null ? readNull(field) : parseCustomFields(world, model, value, before);
  }
  if (value === null) return readNull(field);
  switch (field.kind) {
    case "reference":
      return (field.idsOnly ? resolveId : resolveReference)(world, field.to ?? "", value);
    case "references":
      return resolveAll(world, field, value);
    case "tags":
      return resolveAll(world, { ...field, to: "extras/tags" }, value);
    case "object-type":
      return readType(world, field, value);
    case "object-types":
      return Array.isArray(value)
        ? value.map((type) => readType(world, field, type as Json)).sort()
        : fail(`Expected a list of items but got type "${typeName(value)}".`);
    default:
      return readValue(field, value);
  }
};

/** The message when another row already has this value of a unique field. */
const taken = (table: Table, name: string, field: Field, value: Json, before: Row | undefined): string | undefined => {
  if (field.unique === undefined || value === null) return undefined;
  const unique = table.uniques.find((entry) => entry.fields.length === 1 && entry.fields[0] === name);
  const ids = unique && table.indexes.get(uniqueIndex(unique))?.index.get(String(value));
  return ids && [...ids].some((id) => id !== before?.id) ? field.unique : undefined;
};

type TagChange = { add: number[]; remove: number[] };

const NOT_TOGETHER = 'Cannot specify "tags" together with "add_tags" or "remove_tags".';

/** `add_tags` and `remove_tags`: what they make of the stored tags. */
const changeTags = (world: World, body: JsonObject, before: Row | undefined, errors: Errors): number[] | undefined => {
  if (!("add_tags" in body) && !("remove_tags" in body)) return undefined;
  if ("tags" in body) errors.tags = [NOT_TOGETHER];
  if (!before && "remove_tags" in body) {
    errors.remove_tags = ['Cannot use "remove_tags" when creating a new object.'];
  }
  const change: TagChange = { add: [], remove: [] };
  const list = (name: string): number[] => {
    try {
      return resolveAll(world, { kind: "tags", to: "extras/tags" }, body[name] ?? []);
    } catch (error) {
      if (error instanceof Refusal && Array.isArray(error.body)) throw crash("ValidationError", `['${error.body[0]}']`);
      throw error;
    }
  };
  change.add = list("add_tags");
  change.remove = list("remove_tags");
  const both = change.add.filter((id) => change.remove.includes(id));
  if (both.length > 0) {
    const names = both.map((id) => world.lookup.get("extras/tags", id)?.name).join(", ");
    errors.remove_tags = [`Tags may not be present in both "add_tags" and "remove_tags": ${names}`];
  }
  const kept = (before?.tags ?? []).filter((id) => !change.remove.includes(id));
  return [...new Set([...kept, ...change.add])];
};

/** Reads a body against the fields of a model. Throws a refusal with every field's errors. */
export const parseBody = (
  world: World,
  table: Table,
  body: Json | undefined,
  before: Row | undefined,
  { partial, accepts }: Reading,
): Parsed => {
  if (body === null) throw invalid({ non_field_errors: ["No data provided"] });
  if (typeof body !== "object" || Array.isArray(body)) {
    throw invalid({ non_field_errors: [`Invalid data. Expected a dictionary, but got ${typeName(body)}.`] });
  }
  const said = body as JsonObject;
  const { model } = table;
  const given: Record<string, Json> = {};
  const errors: Errors = {};
  for (const [name, field] of Object.entries(model.fields)) {
    if (!isWritable(field) || !accepts(name)) continue;
    const value = said[name];
    if (value === undefined) {
      if (field.required && !partial) errors[name] = ["This field is required."];
      continue;
    }
    try {
      given[name] = readField(world, model, field, value, before);
      const message = taken(table, name, field, given[name] as Json, before);
      if (message !== undefined) errors[name] = [message];
    } catch (error) {
      if (!(error instanceof Refusal) || error.status !== 400) throw error;
      errors[name] = error.body;
    }
  }
  const tags = "tags" in model.fields ? changeTags(world, said, before, errors) : undefined;
  if (tags) given.tags = tags;
  if (Object.keys(errors).length > 0) throw invalid(errors);
  const message = said.changelog_message ?? "";
  return { given, message: String(message) };
};
