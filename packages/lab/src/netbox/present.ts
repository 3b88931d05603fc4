import { customFieldValues } from "./custom-fields.ts";
import type { Field, Json, JsonObject, Model, Row, ShapeKey } from "./model.ts";
import { inOrder } from "./order.ts";
import { type Table, tableAt, type World } from "./world.ts";

/** Where the API lives, as its answers say it, without a slash at the end. */
export type Address = string;

type Show = (world: World, row: Row, address: Address) => Json;

const ID: Show = (_world, row) => row.id;

const TAG_KEYS: readonly ShapeKey[] = ["id", "url", "display_url", "display", "name", "slug", "color"];

/** The rows a list of ids stands for, in their model's order. */
const targets = (world: World, table: Table, ids: readonly number[]): Row[] =>
  ids.flatMap((id) => table.rows.get(id) ?? []).sort(inOrder(world, table.model, table.model.order));

const shapeOf = (field: Field, target: Model): readonly ShapeKey[] | "id" => field.shape ?? target.brief;

const showTarget = (world: World, field: Field, id: Json | undefined, address: Address): Json => {
  if (field.to === undefined || typeof id !== "number") return null;
  const table = tableAt(world, field.to);
  const row = table.rows.get(id);
  if (!row) return null;
  const shape = shapeOf(field, table.model);
  return shape === "id" ? id : present(world, table, row, address, shape);
};

const showChoice = (field: Field, value: Json | undefined): Json => {
  if (value === null || value === undefined || value === "") return field.bare && value === "" ? "" : null;
  return field.bare ? value : { value, label: field.choices?.[String(value)] ?? String(value) };
};

const showField = (name: string, field: Field, model: Model): Show | undefined => {
  switch (field.kind) {
    case "secret":
      return undefined;
    case "computed": {
      const { compute, to } = field;
      if (to === undefined) return (world, row) => compute?.(row, world.lookup) ?? null;
      return (world, row, address) => {
        const found = compute?.(row, world.lookup) ?? null;
        return Array.isArray(found)
          ? targets(world, tableAt(world, to), found as number[]).map(({ id }) => showTarget(world, field, id, address))
          : showTarget(world, field, found, address);
      };
    }
    case "choice":
      return (_world, row) => showChoice(field, row[name]);
    case "reference":
      return (world, row, address) => showTarget(world, field, row[name], address);
    case "references":
      return (world, row, address) => {
        const table = tableAt(world, field.to ?? "");
        return targets(world, table, row[name] as number[]).map((target) =>
          showTarget(world, field, target.id, address),
        );
      };
    case "tags":
      return (world, row, address) => {
        const table = tableAt(world, "extras/tags");
        return targets(world, table, row.tags).map((tag) => present(world, table, tag, address, TAG_KEYS));
      };
    case "custom-fields":
      return (world, row) => customFieldValues(world, model, row);
    case "linked":
      return (world, row, address) => {
        const path = world.lookup.pathOf(row[model.link?.type ?? ""]);
        const table = path === undefined ? undefined : tableAt(world, path);
        const target = table?.rows.get(row[model.link?.id ?? ""] as number);
        return table && target ? present(world, table, target, address, table.model.brief) : null;
      };
    default:
      return (_world, row) => row[name] ?? null;
  }
};

const common = (model: Model): [string, Show][] => {
  const url: Show = (_world, row, address) => `${address}/api/${model.path}/${row.id}/`;
  const page: Show = (_world, row, address) => `${address}/${model.page ?? model.path}/${row.id}/`;
  const display: Show = (world, row) => model.display(row, world.lookup);
  return [
    ["id", ID],
    ["url", url],
    ["display_url", page],
    ["display", display],
  ];
};

type Shower = { readonly keys: readonly string[]; readonly shows: readonly Show[] };

const wholeShapes = new WeakMap<Model, readonly ShapeKey[]>();
const everything = new WeakMap<Model, Map<string, Show>>();
const cut = new WeakMap<readonly ShapeKey[], WeakMap<Model, Shower>>();

/** Every key of a model's full form, in NetBox's order. */
export const fullForm = (model: Model): Map<string, Show> => {
  let all = everything.get(model);
  if (!all) {
    all = new Map(common(model));
    if (model.path.startsWith("plugins/")) all.delete("display_url");
    const { title } = model;
    if (title) all.set("display", (world, row) => title(row, world.lookup));
    for (const [name, field] of Object.entries(model.fields)) {
      const show = showField(name, field, model);
      if (show) all.set(name, show);
    }
    everything.set(model, all);
  }
  return all;
};

const showKey = (model: Model, all: ReadonlyMap<string, Show>, entry: ShapeKey): Show | undefined => {
  if (typeof entry === "string") return all.get(entry);
  if ("value" in entry) return (world, row) => entry.value(row, world.lookup);
  const field = model.fields[entry.key];
  return field && showField(entry.key, { ...field, shape: entry.shape }, model);
};

const showerOf = (model: Model, shape: readonly ShapeKey[]): Shower => {
  let known = cut.get(shape);
  if (!known) {
    known = new WeakMap();
    cut.set(shape, known);
  }
  let shower = known.get(model);
  if (!shower) {
    const keys: string[] = [];
    const shows: Show[] = [];
    const whole = fullForm(model);
    const all = shape === wholeShapes.get(model) ? whole : new Map([...whole, ...common(model)]);
    for (const entry of shape) {
      const show = showKey(model, all, entry);
      if (!show) continue;
      keys.push(typeof entry === "string" ? entry : entry.key);
      shows.push(show);
    }
    shower = { keys, shows };
    known.set(model, shower);
  }
  return shower;
};

/** A row as the API shows it: the keys of `shape`, or all. */
export const present = (
  world: World,
  table: Table,
  row: Row,
  address: Address,
  shape: readonly ShapeKey[],
): JsonObject => {
  const { keys, shows } = showerOf(table.model, shape);
  const shown: Record<string, Json> = {};
  for (let at = 0; at < keys.length; at += 1) {
    shown[keys[at] as string] = (shows[at] as Show)(world, row, address);
  }
  return shown;
};

/** The keys of the full form. */
export const wholeShape = (model: Model): readonly ShapeKey[] => {
  let shape = wholeShapes.get(model);
  if (!shape) {
    shape = [...fullForm(model).keys()];
    wholeShapes.set(model, shape);
  }
  return shape;
};

/** The keys a request asks for by `brief`, `fields`, `omit` or `exclude`. */
export const shapeFor = (model: Model, query: URLSearchParams, brief: boolean): readonly ShapeKey[] => {
  const list = (name: string) => (query.get(name) ?? "").split(",").filter((key) => key !== "");
  const fields = list("fields");
  const omit = new Set([...list("omit"), ...list("exclude")]);
  if (brief && (query.get("brief") ?? "") !== "") return model.brief;
  const whole = wholeShape(model);
  if (fields.length > 0) {
    const wanted = new Set(fields);
    return whole.filter((key) => wanted.has(String(key)));
  }
  return omit.size > 0 ? whole.filter((key) => !omit.has(String(key))) : whole;
};
