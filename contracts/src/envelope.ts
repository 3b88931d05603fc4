import { type Static, type TSchema, Type } from "@sinclair/typebox";
import { type TypeCheck, TypeCompiler } from "@sinclair/typebox/compiler";
import { Value } from "@sinclair/typebox/value";
import { ContractError } from "./errors.ts";

/** The version of every message this code writes; a message of another version is refused, not guessed. */
export const contractVersion = 1;

/** Who wrote a message. */
export const Author = Type.Object(
  { svc: Type.String(), replica: Type.String(), build: Type.String() },
  { $id: "Author", additionalProperties: false },
);
export type Author = Static<typeof Author>;

/** What every stored message carries around its data. `id` is the subject it was published on: its identity. */
export function Envelope<T extends TSchema>(data: T, $id: string) {
  return Type.Object(
    {
      v: Type.Literal(contractVersion),
      id: Type.String(),
      ts: Type.String({ description: "UTC instant, ISO 8601." }),
      run: Type.String(),
      stage: Type.String({ description: 'The stage, or "_" for the run itself.' }),
      attempt: Type.Integer({ minimum: 0, description: "Attempt of a stage, or generation of a run." }),
      traceparent: Type.Optional(Type.String()),
      by: Author,
      deadline: Type.Optional(Type.String()),
      data,
    },
    { $id, additionalProperties: false },
  );
}

/** The envelope of some data, as a type. */
export type Envelope<T> = {
  v: typeof contractVersion;
  id: string;
  ts: string;
  run: string;
  stage: string;
  attempt: number;
  traceparent?: string;
  by: Author;
  deadline?: string;
  data: T;
};

const compiled = new WeakMap<TSchema, TypeCheck<TSchema>>();

/**
 * Checks a value against a schema and returns it typed.
 * Throws ContractError, naming the first field at fault, when it does not fit; a retry cannot help.
 */
export function check<T extends TSchema>(schema: T, value: unknown): Static<T> {
  let checker = compiled.get(schema);
  if (!checker) {
    checker = TypeCompiler.Compile(schema);
    compiled.set(schema, checker);
  }
  if (checker.Check(value)) return value as Static<T>;
  const fault = checker.Errors(value).First();
  const field = fault?.path || "/";
  throw new ContractError(
    `${schema.$id ?? "The message"} does not fit its contract at ${field}: ${fault?.message ?? "unknown fault"}.`,
    field,
  );
}

/** Checks a value and writes it as UTF-8 JSON. Throws ContractError when it does not fit. */
export function encode<T extends TSchema>(schema: T, value: Static<T>): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(check(schema, value)));
}

/**
 * Reads UTF-8 JSON and checks it. What a message of an older release lacks and has a default now gets it: commands are
 * read back for weeks. Throws ContractError when it is not JSON or does not fit.
 */
export function decode<T extends TSchema>(schema: T, bytes: Uint8Array | string): Static<T> {
  const text = typeof bytes === "string" ? bytes : new TextDecoder().decode(bytes);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new ContractError(`${schema.$id ?? "The message"} is not JSON.`, "/");
  }
  try {
    return check(schema, value);
  } catch (misfit) {
    const completed = Value.Default(schema, value);
    if (!Value.Check(schema, completed)) throw misfit;
    return completed as Static<T>;
  }
}
