import { InvalidRequest, Problem } from "@proxbox/contracts/http";
import type { TSchema } from "@sinclair/typebox";

/** What a route answers: schemas by status; null for an answer without a body. */
export type Answers = Record<number, TSchema | null>;

/**
 * What the OpenAPI document says about a route. Refusals that every route has are added; `query` names optional texts that
 * no schema checks.
 */
export function describe(summary: string, answers: Answers, query: readonly string[] = []): { detail: object } {
  const all: Answers = { ...answers, 401: Problem, 422: InvalidRequest, 429: Problem, 503: Problem };
  const responses = Object.entries(all).map(([status, schema]) => [
    status,
    {
      description: meanings[status] ?? summary,
      ...(schema ? { content: { "application/json": { schema } } } : {}),
    },
  ]);
  const parameters = query.map((name) => ({ name, in: "query", required: false, schema: { type: "string" } }));
  return { detail: { summary, parameters, responses: Object.fromEntries(responses) } };
}

const meanings: Record<string, string> = {
  400: "What was asked cannot be.",
  401: "The API key is missing or wrong.",
  404: "There is no such thing.",
  409: "It does not fit what is.",
  422: "A field is missing, wrong or not known.",
  429: "Too many requests, or too many failed logins.",
  501: "It is not done here; the body says where.",
  502: "The source, which the body names, could not be read.",
  503: "The message bus does not answer; try again.",
  504: "The source, which the body names, did not answer in time.",
};
