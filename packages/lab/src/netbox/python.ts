import type { Json } from "./model.ts";

/** A value as Python prints it: NetBox's messages quote bodies that way. */
export const repr = (value: Json | undefined): string => {
  if (value === null || value === undefined) return "None";
  if (value === true) return "True";
  if (value === false) return "False";
  if (typeof value === "string") return value.includes("'") ? `"${value}"` : `'${value}'`;
  if (typeof value === "number") return String(value);
  if (Array.isArray(value)) return `[${value.map(repr).join(", ")}]`;
  const pairs = Object.entries(value).map(([key, entry]) => `${repr(key)}: ${repr(entry)}`);
  return `{${pairs.join(", ")}}`;
};

/** A value as Python's `str()` gives it. */
export const str = (value: Json | undefined): string => (typeof value === "string" ? value : repr(value));

/** Python's name of a value's type. */
export const typeName = (value: Json | undefined): string => {
  if (value === null || value === undefined) return "NoneType";
  if (Array.isArray(value)) return "list";
  switch (typeof value) {
    case "string":
      return "str";
    case "boolean":
      return "bool";
    case "number":
      return Number.isInteger(value) ? "int" : "float";
    default:
      return "dict";
  }
};
