import { InvalidRequest, Problem } from "@proxbox/contracts/http";
import type { TSchema } from "@sinclair/typebox";

/** What a route answers: schemas by status; null for an answer without a body. */
export type Answers = Record<number, TSchema | null>;

/** What the OpenAPI document says about a route. Refusals that every route has are added. */
export function describe(summary: string, answers: Answers): { detail: object } {
  const all: Answers = { ...answers, 401: Problem, 422: InvalidRequest, 429: Problem, 503: Problem };
  const responses = Object.entries(all).map(([status, schema]) => [
    status,
    {
      description: meanings[status] ?? summary,
      ...(schema ? { content: { "application/json": { schema } } } : {}),
    },
  ]);
  return { detail: { summary, responses: Object.fromEntries(responses) } };
}

const meanings: Record<string, string> = {
  400: "What was asked cannot be.",
  401: "The API key is missing or wrong.",
  404: "There is no such thing.",
  409: "It does not fit what is.",
  422: "A field is missing, wrong or not known.",
  429: "Too many requests, or too many failed logins.",
  503: "The message bus does not answer; try again.",
};
