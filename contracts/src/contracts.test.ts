import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { TSchema } from "@sinclair/typebox";
import { namedSchemas, schemaFiles } from "../scripts/schema-files.ts";
import { check, contractVersion, decode, encode } from "./envelope.ts";
import { ContractError } from "./errors.ts";
import { StageCommand } from "./messages.ts";

const schemaFolder = join(import.meta.dir, "../schema");
const messageFolder = join(import.meta.dir, `../fixtures/v${contractVersion}`);
const schemas = await namedSchemas();
const messages = readdirSync(messageFolder).map((file) => ({
  file,
  name: file.split(".")[0] ?? "",
  text: readFileSync(join(messageFolder, file), "utf8"),
}));

test("the exported JSON Schema is what the contracts say (else: npm run contracts)", async () => {
  const committed = readdirSync(schemaFolder).map((file) => [file, readFileSync(join(schemaFolder, file), "utf8")]);
  expect(Object.fromEntries(committed)).toEqual(Object.fromEntries(await schemaFiles()));
});

test("every named schema has a golden message, and every golden message a schema", () => {
  expect([...new Set(messages.map(({ name }) => name))].sort()).toEqual([...schemas.keys()].sort());
});

describe.each(messages)("golden message $file", ({ name, text }) => {
  const schema = schemas.get(name) as TSchema;
  const message: unknown = JSON.parse(text);

  test("is read, and written back as it was", () => {
    const read = decode(schema, text);
    expect(read).toEqual(message);
    expect(JSON.parse(new TextDecoder().decode(encode(schema, read)))).toEqual(message);
  });

  test("is refused with a field missing, of another type or unknown", () => {
    for (const variant of damaged(schema, message)) {
      expect(() => check(schema, variant.value), `${name} ${variant.what}`).toThrow(ContractError);
    }
  });
});

test("a message of a later version is refused, and so is half a message", () => {
  const [{ name, text }] = messages.filter(({ text }) => text.includes('"v": 1')) as [(typeof messages)[number]];
  const schema = schemas.get(name) as TSchema;
  expect(() => decode(schema, text.replace('"v": 1', `"v": ${contractVersion + 1}`))).toThrow(/at \/v:/);
  expect(() => decode(schema, text.slice(0, -10))).toThrow(/is not JSON/);
});

test("a message of an older release gets the options that came later, with their defaults", () => {
  const text = messages.find(({ name }) => name === "StageCommand")?.text ?? "";
  const older = JSON.parse(text);
  delete older.data.options.sync_mode_sdn;
  delete older.data.options.journal;
  const read = decode(StageCommand, JSON.stringify(older));
  expect(read.data.options).toMatchObject({ sync_mode_sdn: "disabled", journal: true });
  delete older.data.mode;
  expect(() => decode(StageCommand, JSON.stringify(older))).toThrow(/mode/);
});

type Variant = { what: string; value: unknown };

/** Every way to damage one field of a valid message so that its schema must refuse it, at any depth. */
function damaged(schema: TSchema, value: unknown): Variant[] {
  if (schema.type !== "object" || !schema.properties || typeof value !== "object" || value === null) return [];
  const object = value as Record<string, unknown>;
  const required: string[] = schema.required ?? [];
  const variants: Variant[] = [];
  if (schema.additionalProperties === false)
    variants.push({ what: "with an unknown field", value: { ...object, surprise: 1 } });
  for (const [key, part] of Object.entries(schema.properties as Record<string, TSchema>)) {
    const { [key]: present, ...others } = object;
    if (required.includes(key)) variants.push({ what: `without ${key}`, value: others });
    if (present === undefined) continue;
    if (acceptsNoSymbol(part))
      variants.push({ what: `with a wrong ${key}`, value: { ...object, [key]: { not: "this" } } });
    for (const inner of damaged(part, present))
      variants.push({ what: `${inner.what} in ${key}`, value: { ...object, [key]: inner.value } });
  }
  return variants;
}

function acceptsNoSymbol(schema: TSchema): boolean {
  return schema.type !== "object" && (schema.type !== undefined || schema.anyOf !== undefined);
}
