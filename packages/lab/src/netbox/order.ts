import { sortKey } from "./addresses.ts";
import type { Json, Model, Row } from "./model.ts";
import { tableAt, type World } from "./world.ts";

/** A comparison of two rows. */
export type Compare = (a: Row, b: Row) => number;

/** NetBox's natural order of names: digits as numbers, case only where nothing else differs. */
const collator = new Intl.Collator("en", { numeric: true });

const INTERFACE_NAME = /^([^\d.:]+)?((?:\d+\/){0,4})(\d+)?(?::(\d+))?(?:\.(\d+))?(.*)$/s;

const padded = (part: string | undefined, width: number) => part?.padStart(width, "0") ?? ".".repeat(width);

/** An interface's name as NetBox orders it: slots and positions, then the letters, then the numbers after them. */
const interfaceKey = (name: string): string => {
  const [, letters = "", places = "", id, channel, subinterface, rest = ""] = INTERFACE_NAME.exec(name) ?? [];
  const slots = [0, 1, 2, 3].map((at) => places.split("/")[at]?.padStart(4, "0") || "9999");
  const numbers = [id, channel, subinterface].map((part) => padded(part, 6));
  return `${slots.join("")}${letters}${numbers.join("")}${rest.replace(/\d+/g, (digits) => digits.padStart(8, "0"))}`;
};

const keys = new WeakMap<Row, string>();

const keyOf = (row: Row): string => {
  const key = keys.get(row) ?? interfaceKey(String(row.name));
  keys.set(row, key);
  return key;
};

const byBytes = (a: string, b: string): number => (a < b ? -1 : a === b ? 0 : 1);

const compareValues = (a: Json | undefined, b: Json | undefined, texts: typeof byBytes): number => {
  const noA = a === null || a === undefined;
  const noB = b === null || b === undefined;
  if (noA || noB) return noA && noB ? 0 : noA ? 1 : -1;
  if (typeof a === "number" && typeof b === "number") return a - b;
  return a === b ? 0 : texts(String(a), String(b));
};

const referenceIn = (name: string): string => name.replace(/_id$/, "");

const byField = (world: World, model: Model, name: string): Compare => {
  const field = model.fields[name];
  if (name.endsWith("_id") && model.fields[referenceIn(name)]?.kind === "reference") {
    return (a, b) => compareValues(a[referenceIn(name)], b[referenceIn(name)], byBytes);
  }
  if (field?.kind === "reference" && field.to !== undefined) {
    const target = tableAt(world, field.to);
    const within = inOrder(world, target.model, target.model.order);
    return (a, b) => {
      const left = target.rows.get(a[name] as number);
      const right = target.rows.get(b[name] as number);
      return left && right ? (left === right ? 0 : within(left, right)) : Number(!left) - Number(!right);
    };
  }
  if (field?.kind === "address" || field?.kind === "network") {
    return (a, b) => (sortKey(String(a[name])) < sortKey(String(b[name])) ? -1 : a[name] === b[name] ? 0 : 1);
  }
  if (field?.kind === "datetime" || name === "created" || name === "last_updated") {
    return (a, b) => (String(a[name]) < String(b[name]) ? -1 : a[name] === b[name] ? 0 : 1);
  }
  if (model.natural === "interface" && name === "name") {
    return (a, b) => byBytes(keyOf(a), keyOf(b));
  }
  const texts = model.natural ? collator.compare : byBytes;
  return (a, b) => compareValues(a[name], b[name], texts);
};

/** Whether a list can be ordered by this name. */
const isOrderable = (model: Model, name: string) =>
  ["id", "created", "last_updated"].includes(name) || [name, referenceIn(name)].some((own) => own in model.fields);

/** Compares rows by these fields (`-` for descending), then by id. */
export const inOrder = (world: World, model: Model, order: readonly string[]): Compare => {
  const steps = order
    .map((entry) => ({ name: entry.replace(/^-/, ""), down: entry.startsWith("-") }))
    .filter(({ name }) => isOrderable(model, name))
    .map(({ name, down }) => {
      const compare = byField(world, model, name);
      return down ? (a: Row, b: Row) => compare(b, a) : compare;
    });
  return (a, b) => {
    for (const step of steps) {
      const result = step(a, b);
      if (result !== 0) return result;
    }
    return a.id - b.id;
  };
};

/** What `?ordering=` asks for; undefined when it names nothing the model has. */
export const orderingOf = (model: Model, ordering: string | null): readonly string[] | undefined => {
  const names = (ordering ?? "").split(",").filter((name) => name !== "" && isOrderable(model, name.replace(/^-/, "")));
  return names.length > 0 ? names : undefined;
};
