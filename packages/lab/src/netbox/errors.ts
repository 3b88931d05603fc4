import type { Json } from "./model.ts";

/** An answer other than success, with the body NetBox gives. */
export class Refusal extends Error {
  readonly status: number;
  readonly body: Json;

  constructor(status: number, body: Json) {
    super(`${status} ${JSON.stringify(body).slice(0, 200)}`);
    this.name = "Refusal";
    this.status = status;
    this.body = body;
  }
}

/** 400 with errors by field. */
export const invalid = (body: Json): Refusal => new Refusal(400, body);

/** 400 about the object as a whole. */
export const invalidObject = (message: string): Refusal => invalid({ __all__: [message] });

/** What NetBox answers when Python throws: 500 with the exception's name. */
export const crash = (exception: string, error: string, version = "4.6.8"): Refusal =>
  new Refusal(500, { error, exception, netbox_version: version, python_version: "3.12.1" });

/** 403 for what a token may not do. */
export const forbidden = (): Refusal =>
  new Refusal(403, { detail: "You do not have permission to perform this action." });

/** 404 for an object that is not there, or not visible. */
export const notFound = (object: string): Refusal =>
  new Refusal(404, { detail: `No ${object} matches the given query.` });

/** The database meets a constraint that validation did not. */
export const duplicateKey = (constraint: string, columns: readonly string[], values: readonly Json[]): Refusal =>
  crash(
    "IntegrityError",
    `duplicate key value violates unique constraint "${constraint}"\nDETAIL:  Key (${columns.join(", ")})=(${values.join(", ")}) already exists.`,
  );
