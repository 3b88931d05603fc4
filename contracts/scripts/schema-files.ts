import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { KindGuard, type TSchema } from "@sinclair/typebox";

const sources = join(import.meta.dir, "../src");

/** Every schema of the contracts that has a name of its own (`$id`), by that name. */
export async function namedSchemas(): Promise<Map<string, TSchema>> {
  const found = new Map<string, TSchema>();
  const files = (await readdir(sources)).filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts"));
  for (const file of files.sort()) {
    const module: Record<string, unknown> = await import(join(sources, file));
    for (const value of Object.values(module)) {
      if (!KindGuard.IsSchema(value) || !value.$id) continue;
      const other = found.get(value.$id);
      if (other && other !== value) throw new Error(`Two schemas are called ${value.$id}; give one another $id.`);
      found.set(value.$id, value);
    }
  }
  return found;
}

/** The JSON Schema files that the contracts amount to: name to text, a named schema inside another as a `$ref`. */
export async function schemaFiles(): Promise<Map<string, string>> {
  const schemas = await namedSchemas();
  return new Map(
    [...schemas].sort(([left], [right]) => (left < right ? -1 : 1)).map(([id, schema]) => [fileOf(id), render(schema)]),
  );
}

function fileOf(id: string): string {
  return `${id}.json`;
}

function render(schema: TSchema): string {
  const { $id, ...rest } = schema;
  const body = referring(rest) as Record<string, unknown>;
  const whole = { $schema: "https://json-schema.org/draft/2020-12/schema", $id: fileOf(String($id)), ...body };
  return `${JSON.stringify(whole, null, 2)}\n`;
}

function referring(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(referring);
  if (typeof value !== "object" || value === null) return value;
  if ("$id" in value && typeof value.$id === "string") return { $ref: fileOf(value.$id) };
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, referring(entry)]));
}
