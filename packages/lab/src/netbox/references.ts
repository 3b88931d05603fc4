import { invalid } from "./errors.ts";
import type { Field, Json, JsonObject, Row } from "./model.ts";
import { repr, str, typeName } from "./python.ts";
import { type Table, tableAt, type World } from "./world.ts";

/** Names of the attributes a dictionary may look for. */
const ALSO_KNOWN = new Set(["id", "created", "last_updated"]);

const resolveAttribute = (world: World, field: Field | undefined, wanted: Json): Json =>
  field?.kind === "reference" && typeof wanted === "object" ? resolveReference(world, field.to ?? "", wanted) : wanted;

const matches = (row: Row, wanted: readonly (readonly [string, Json])[]): boolean =>
  wanted.every(([key, value]) => str(row[key]) === str(value));

/** The rows that may match: by the index of an attribute where there is one. */
const candidates = (table: Table, wanted: readonly (readonly [string, Json])[]): Iterable<Row> => {
  for (const [key, value] of wanted) {
    if (key === "id") {
      const row = table.rows.get(Number(value));
      return row ? [row] : [];
    }
    const keyed = table.indexes.get(key) ?? table.indexes.get(`unique ${table.model.table}_${key}_key`);
    if (keyed) return [...(keyed.index.get(str(value)) ?? [])].flatMap((id) => table.rows.get(id) ?? []);
  }
  return table.rows.values();
};

const byAttributes = (world: World, table: Table, attributes: JsonObject): number => {
  const { fields } = table.model;
  const wanted: (readonly [string, Json])[] = [];
  for (const [key, value] of Object.entries(attributes).sort()) {
    if (!ALSO_KNOWN.has(key) && (fields[key] === undefined || fields[key].kind === "computed")) {
      const known = [...new Set([...Object.keys(fields), ...ALSO_KNOWN])].sort().join(", ");
      throw invalid([`Cannot resolve keyword '${key}' into field. Choices are: ${known}`]);
    }
    wanted.push([key, resolveAttribute(world, fields[key], value)]);
  }
  const found: Row[] = [];
  for (const row of candidates(table, wanted)) if (matches(row, wanted)) found.push(row);
  if (found.length > 1) throw invalid([`Multiple objects match the provided attributes: ${repr(attributes)}`]);
  if (found.length === 0)
    throw invalid([`Related object not found using the provided attributes: ${repr(attributes)}`]);
  return (found[0] as Row).id;
};

/** The id of the object a body means: an id, a numeric string, or a dictionary of attributes that all match. */
export const resolveReference = (world: World, to: string, value: Json): number => {
  const table = tableAt(world, to);
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return byAttributes(world, table, value as JsonObject);
  }
  const id = typeof value === "number" || typeof value === "string" ? Number(value) : Number.NaN;
  if (value === "" || !Number.isInteger(id)) {
    throw invalid([
      `Related objects must be referenced by numeric ID or by dictionary of attributes. Received an unrecognized value: ${str(value)}`,
    ]);
  }
  if (!table.rows.has(id)) throw invalid([`Related object not found using the provided numeric ID: ${id}`]);
  return id;
};

/** The id of an object where nothing but ids is taken. */
export const resolveId = (world: World, to: string, value: Json): number => {
  const id = typeof value === "number" || typeof value === "string" ? Number(value) : Number.NaN;
  if (!Number.isInteger(id)) throw invalid([`Incorrect type. Expected pk value, received ${typeName(value)}.`]);
  if (!tableAt(world, to).rows.has(id)) throw invalid([`Invalid pk "${id}" - object does not exist.`]);
  return id;
};

/** The ids of a list of objects, each once. */
export const resolveAll = (world: World, field: Field, value: Json): number[] => {
  if (!Array.isArray(value)) {
    throw invalid({ non_field_errors: [`Expected a list of items but got type "${typeName(value)}".`] });
  }
  const one = field.idsOnly ? resolveId : resolveReference;
  return [...new Set(value.map((entry) => one(world, field.to ?? "", entry as Json)))];
};
