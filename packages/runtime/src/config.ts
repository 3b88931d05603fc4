import { readFileSync } from "node:fs";
import type { Static, TObject, TSchema } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";
import { ConfigError } from "./errors.ts";

/** Environment variables as the process has them. */
export type Environment = Record<string, string | undefined>;

/**
 * Reads settings from the environment by a schema whose keys are the names of variables. `<NAME>_FILE` names a file
 * with the value instead, unless the schema has that name itself. An empty variable counts as not set; defaults come
 * from the schema. A property with `secret: true` never has its value shown.
 * Throws one ConfigError with a sentence for every fault.
 */
export function readConfig<T extends TObject>(schema: T, env: Environment): Static<T> {
  const faults: string[] = [];
  const config: Record<string, unknown> = {};
  const required = new Set(schema.required ?? []);
  for (const [name, property] of Object.entries(schema.properties)) {
    const found = lookUp(name, env, !(`${name}_FILE` in schema.properties));
    if (typeof found === "object") {
      faults.push(found.fault);
      continue;
    }
    if (found === undefined) {
      if (property.default !== undefined) config[name] = property.default;
      else if (required.has(name)) faults.push(`${name} is not set; it must be ${expectation(property)}.`);
      continue;
    }
    const value = convert(property, found);
    if (Value.Check(property, value)) config[name] = value;
    else
      faults.push(`${name} is ${property.secret ? "not usable" : `"${found}"`}; it must be ${expectation(property)}.`);
  }
  if (faults.length > 0) throw new ConfigError("bad_settings", faults.join("\n"), { next: "Correct the environment." });
  return config as Static<T>;
}

function lookUp(name: string, env: Environment, byFile: boolean): string | undefined | { fault: string } {
  const direct = env[name]?.trim();
  const path = byFile ? env[`${name}_FILE`]?.trim() : undefined;
  if (direct && path) return { fault: `${name} and ${name}_FILE are both set; set one of them.` };
  if (direct) return direct;
  if (!path) return undefined;
  try {
    return readFileSync(path, "utf8").trim() || { fault: `${name}_FILE names ${path}, which is empty.` };
  } catch (error) {
    return { fault: `${name}_FILE names ${path}, which cannot be read (${(error as NodeJS.ErrnoException).code}).` };
  }
}

function convert(property: TSchema, text: string): unknown {
  switch (property.type) {
    case "integer":
    case "number":
      return /^[+-]?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
    case "boolean": {
      const word = text.toLowerCase();
      if (["true", "1", "yes", "on"].includes(word)) return true;
      return ["false", "0", "no", "off"].includes(word) ? false : text;
    }
    default:
      return text;
  }
}

const kindWords: Record<string, string> = { integer: "a whole number", number: "a number", boolean: "true or false" };

function expectation(property: TSchema): string {
  const choices = (property.anyOf as TSchema[] | undefined)?.map((choice) => String(choice.const));
  if (choices) return `one of ${choices.join(", ")}`;
  return [
    kindWords[property.type as string] ?? "a text",
    ...(property.minimum === undefined ? [] : [`at least ${property.minimum}`]),
    ...(property.maximum === undefined ? [] : [`at most ${property.maximum}`]),
    ...(property.minLength === undefined ? [] : [`at least ${property.minLength} characters long`]),
    ...(property.pattern === undefined ? [] : [`of the form ${property.pattern}`]),
  ].join(", ");
}
