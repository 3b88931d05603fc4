import { customFieldsOf } from "./custom-fields.ts";
import { invalid } from "./errors.ts";
import {
  type Accepts,
  booleanFilter,
  choiceFilter,
  instantFilter,
  LOOKUPS,
  notAChoice,
  numberFilter,
  textFilter,
} from "./lookups.ts";
import type { Field, Filter, Json, Model, Row } from "./model.ts";
import { type Table, tableAt, type World } from "./world.ts";

/** A parameter as a test of rows; `narrow` names the rows worth testing when an index knows them. */
export type Condition = { readonly accepts: (row: Row) => boolean; readonly narrow?: () => Row[] };

type Asked = {
  readonly world: World;
  readonly table: Table;
  readonly parameter: string;
  readonly base: string;
  readonly lookup: string;
  readonly values: readonly string[];
};

const RESERVED = new Set([
  "limit",
  "offset",
  "start",
  "ordering",
  "brief",
  "fields",
  "omit",
  "exclude",
  "format",
  "_branch",
]);

const onField = (name: string, accepts: Accepts | undefined): Condition | undefined =>
  accepts && { accepts: (row) => accepts(row[name]) };

/** The rows of `to` whose `key` is one of the values; 400 for a value no row has, "null" stands for none. */
const pick = (asked: Asked, to: string, key: string): (number | null)[] => {
  const target = tableAt(asked.world, to);
  return asked.values.flatMap((value): (number | null)[] => {
    if (value === "null") return [null];
    if (key === "id" && !/^-?\d+$/.test(value)) {
      throw invalid({ [asked.parameter]: [`\u201c${value}\u201d is not a valid value.`] });
    }
    if (key === "id") {
      if (!target.rows.has(Number(value))) throw notAChoice(asked.parameter, value);
      return [Number(value)];
    }
    const ids = [...target.rows.values()].filter((row) => String(row[key]) === value).map((row) => row.id);
    if (ids.length === 0) throw notAChoice(asked.parameter, value);
    return ids;
  });
};

const follow = (world: World, model: Model, row: Row, path: readonly string[]): Json => {
  let at: Row | undefined = row;
  let owner = model;
  for (const [step, name] of path.entries()) {
    const id: Json = at?.[name] ?? null;
    if (step === path.length - 1) return id;
    const to: string | undefined = owner.fields[name]?.to;
    if (to === undefined) return null;
    at = world.lookup.get(to, id);
    owner = tableAt(world, to).model;
  }
  return null;
};

/** A filter by a reference, or by a reference of a reference. */
const byReference = (asked: Asked, path: readonly string[], to: string, key: string): Condition | undefined => {
  if (asked.lookup !== "" && asked.lookup !== "n") return undefined;
  const ids = pick(asked, to, key);
  const { world, table } = asked;
  const any = (row: Row) => ids.includes(follow(world, table.model, row, path) as number | null);
  if (asked.lookup === "n") return { accepts: (row) => !any(row) };
  const name = path[0] as string;
  return path.length === 1 && !ids.includes(null)
    ? { accepts: any, narrow: () => ids.flatMap((id) => world.lookup.having(table.model.path, name, id)) }
    : { accepts: any };
};

const byLink = (asked: Asked, { to, type, key }: Filter & { by: "link" }): Condition | undefined => {
  const link = asked.table.model.link;
  if (!link || asked.lookup !== "") return undefined;
  const ids = pick(asked, to, key);
  return {
    accepts: (row) => row[link.type] === type && ids.includes(row[link.id] as number),
    narrow: () => ids.flatMap((id) => asked.world.lookup.having(asked.table.model.path, "link", `${type} ${id}`)),
  };
};

/** A filter by numbers, unchecked: what no row refers to finds nothing. */
const byIds = (asked: Asked, { field, orNull }: Filter & { by: "ids" }): Condition | undefined => {
  const values = orNull ? asked.values.slice(-1) : asked.values;
  const accepts = numberFilter(asked.parameter, asked.lookup, values, true);
  if (!accepts || asked.lookup !== "") return onField(field, accepts);
  if (orNull) return { accepts: (row) => row[field] === null || accepts(row[field]) };
  const { path, fields } = asked.table.model;
  const narrow = () => values.flatMap((id) => asked.world.lookup.having(path, field, Number(id)));
  return { accepts: (row) => accepts(row[field]), ...(fields[field]?.kind === "reference" ? { narrow } : {}) };
};

const special = (asked: Asked, filter: Filter): Condition | undefined => {
  const { values, lookup, world } = asked;
  switch (filter.by) {
    case "field":
      return onField(
        filter.field,
        textFilter(asked.parameter, lookup === "" && filter.ignoreCase ? "ie" : lookup, values),
      );
    case "reference":
      return byReference(asked, filter.path, filter.to, filter.key);
    case "ids":
      return byIds(asked, filter);
    case "link":
      return byLink(asked, filter);
    case "test":
      return lookup === "" || lookup === "ic"
        ? { accepts: (row) => values.some((value) => filter.accepts(row, value, world.lookup)) }
        : undefined;
  }
};

/** The key by which a core model is named in filters. */
const naturalKey = (model: Model): string =>
  ["slug", "name", "model", "username"].find((key) => model.fields[key] !== undefined) ?? "id";

const byOneId = (asked: Asked, name: string, to: string): Condition | undefined => {
  const last = asked.values.at(-1) as string;
  if (!/^\d+$/.test(last) || !tableAt(asked.world, to).rows.has(Number(last))) {
    throw invalid({
      [asked.parameter]: ["Select a valid choice. That choice is not one of the available choices."],
    });
  }
  return byReference({ ...asked, values: [last] }, [name], to, "id");
};

const byKind = (asked: Asked, name: string, field: Field): Condition | undefined => {
  const { parameter, lookup, values, world } = asked;
  const oneValue = asked.table.model.filterable !== undefined;
  switch (field.kind) {
    case "text":
    case "slug":
    case "color":
    case "url":
    case "host":
    case "network":
    case "address":
    case "object-type":
      return onField(name, textFilter(parameter, lookup, values));
    case "mac": {
      const wanted = values.map((value) => (lookup === "ic" ? value : value.replace(/[-:.]/g, "").toUpperCase()));
      const accepts = textFilter(parameter, lookup, wanted);
      return (
        accepts && { accepts: (row) => accepts(lookup === "ic" ? row[name] : String(row[name]).replaceAll(":", "")) }
      );
    }
    case "integer":
    case "object-id":
      return onField(name, numberFilter(parameter, lookup, values, true));
    case "float":
    case "decimal":
      return onField(name, numberFilter(parameter, lookup, values, false));
    case "boolean":
      return onField(name, booleanFilter(lookup, values));
    case "choice": {
      const asked = oneValue ? values.slice(-1) : values;
      return onField(name, choiceFilter(parameter, lookup, asked, Object.keys(field.choices ?? {})));
    }
    case "datetime":
      return onField(name, instantFilter(parameter, lookup, values));
    case "computed": {
      const compute = field.compute;
      const accepts = name.endsWith("_count") ? numberFilter(parameter, lookup, values, true) : undefined;
      return accepts && { accepts: (row) => accepts(compute?.(row, world.lookup)) };
    }
    default:
      return undefined;
  }
};

const byField = (asked: Asked): Condition | undefined => {
  const { model } = asked.table;
  const { base } = asked;
  const name = model.fields[base] ? base : base.replace(/_id$/, "");
  const field = model.fields[name];
  if (!field) return undefined;
  if (field.kind === "reference" && field.to !== undefined) {
    if (model.filterable)
      return base === name && model.filterable.includes(base) ? byOneId(asked, name, field.to) : undefined;
    const plugin = model.path.startsWith("plugins/");
    const key = base === name && !plugin ? naturalKey(tableAt(asked.world, field.to).model) : "id";
    return byReference(asked, [name], field.to, key);
  }
  if (base !== name || (model.filterable && !model.filterable.includes(name))) return undefined;
  return byKind(asked, name, field);
};

const byTag = (asked: Asked): Condition | undefined => {
  const { table, lookup, world, base } = asked;
  if (!("tags" in table.model.fields) || !["", "n", "any"].includes(lookup)) return undefined;
  const ids = pick(asked, "extras/tags", base === "tag" ? "slug" : "id") as number[];
  if (lookup === "n") return { accepts: (row) => !ids.some((id) => row.tags.includes(id)) };
  if (lookup === "any") return { accepts: (row) => ids.some((id) => row.tags.includes(id)) };
  return {
    accepts: (row) => ids.every((id) => row.tags.includes(id)),
    narrow: () => world.lookup.having(table.model.path, "tags", ids[0] ?? null),
  };
};

const byCustomField = (asked: Asked): Condition | undefined => {
  const { world, table, parameter, lookup, values } = asked;
  const name = asked.base.slice("cf_".length);
  const field = customFieldsOf(world, table.model).find((entry) => entry.name === name);
  if (!field || field.filter_logic === "disabled") return undefined;
  const loose = field.filter_logic === "loose";
  const accepts = ((): Accepts | undefined => {
    switch (field.type) {
      case "integer":
        return numberFilter(parameter, lookup, values, true);
      case "decimal":
        return numberFilter(parameter, lookup, values, false);
      case "boolean":
        return booleanFilter(lookup, values);
      case "text":
      case "longtext":
      case "url":
        if (loose)
          return lookup === "" || lookup === "empty" ? textFilter(parameter, lookup || "ic", values) : undefined;
        return textFilter(parameter, lookup, values);
      default:
        return undefined;
    }
  })();
  return accepts && { accepts: (row) => accepts(row.custom_fields[name] ?? null) };
};

const search = ({ world, table, values }: Asked): Condition => {
  const wanted = (values.at(-1) ?? "").trim().toLowerCase();
  const fields = table.model.search ?? ["name", "description"];
  const says = (row: Row, name: string): string => {
    const to = table.model.fields[name]?.to;
    const target = to === undefined ? undefined : world.lookup.get(to, row[name]);
    return String((target ? target.name : row[name]) ?? "").toLowerCase();
  };
  return { accepts: (row) => fields.some((name) => says(row, name).includes(wanted)) };
};

const byRequest = ({ world, table, values }: Asked): Condition => {
  const touched = new Set(
    world.changes
      .filter((change) => change.model === table.model && values.includes(change.request))
      .map((change) => change.row.id),
  );
  return { accepts: (row) => touched.has(row.id) };
};

const condition = (asked: Asked): Condition | undefined => {
  const { base, parameter, lookup, values, table } = asked;
  if (base === "q") return search(asked);
  if (base === "tag" || base === "tag_id") return byTag(asked);
  if (base === "id") {
    const accepts = numberFilter(parameter, lookup, values, true);
    const ids = values.map(Number);
    const found = () => [...new Set(ids)].flatMap((id) => table.rows.get(id) ?? []);
    return accepts && { accepts: (row) => accepts(row.id), ...(lookup === "" ? { narrow: found } : {}) };
  }
  if (base === "created" || base === "last_updated") {
    return onField(base, instantFilter(parameter, lookup, values));
  }
  if (["created_by_request", "updated_by_request", "modified_by_request"].includes(base)) return byRequest(asked);
  if (base.startsWith("cf_")) return byCustomField(asked);
  const filter = table.model.filters?.[base];
  return filter ? special(asked, filter) : byField(asked);
};

const split = (parameter: string): readonly [string, string] => {
  const at = parameter.lastIndexOf("__");
  const lookup = at < 0 ? "" : parameter.slice(at + 2);
  return LOOKUPS.has(lookup) ? [parameter.slice(0, at), lookup] : [parameter, ""];
};

/** The conditions a query sets. Parameters NetBox does not know are ignored, as it ignores them. */
export const conditionsOf = (world: World, table: Table, query: URLSearchParams): Condition[] => {
  const conditions: Condition[] = [];
  for (const parameter of new Set(query.keys())) {
    const values = query.getAll(parameter).filter((value) => value !== "");
    if (RESERVED.has(parameter) || values.length === 0) continue;
    const [base, lookup] = split(parameter);
    const found = condition({ world, table, parameter, base, lookup, values });
    if (found) conditions.push(found);
  }
  return conditions;
};
