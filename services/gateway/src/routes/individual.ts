import { Problem } from "@proxbox/contracts/http";
import { type TObject, Type } from "@sinclair/typebox";
import { Elysia } from "elysia";
import { answerOf } from "../errors.ts";
import type { GatewayParts } from "../parts.ts";
import { failedAnswer, nothingDone } from "../plugin/individual/answer.ts";
import { type IndividualKind, individualKinds, individualParameters } from "../plugin/individual/kinds.ts";
import { type SynchroniseOne, synchroniseBy } from "../plugin/individual/perform.ts";
import type { StageQuery } from "../plugin/stages/stage-query.ts";
import { describe } from "./describe.ts";
import { readAs } from "./read-as.ts";

/** One object at a time: what the plugin's "Sync now" buttons and batches ask for. Each is a run of its own. */
export function individualRoutes(parts: GatewayParts) {
  const app = new Elysia();
  const synchronise = synchroniseBy(parts);
  for (const kind of individualKinds) {
    const path = `/sync/individual/${kind.kind}`;
    const answer = handlerOf(synchronise, kind);
    const detail = describe(`Bring ${kind.called(placeholders(kind))} in line, by a run of its own.`, {
      200: Answer,
      404: Problem,
      409: Problem,
      502: Problem,
      504: Problem,
    });
    app.get(path, answer, { query: queryOf(kind), transform, ...detail });
    if (kind.post) app.post(path, answer, { query: queryOf(kind), transform, ...detail });
    if (kind.kind === "vm") {
      const params = Type.Pick(queryOf(kind), ["cluster_name", "node", "type", "vmid"]);
      app.get(`${path}/:cluster_name/:node/:type/:vmid`, answer, { params, transform, ...detail });
    }
  }
  return app;
}

const Answer = Type.Object({
  object_type: Type.String(),
  action: Type.String({ description: "created, updated, unchanged, deleted, noop, dry_run or error." }),
  proxmox_resource: Type.Object({}),
  netbox_object: Type.Union([Type.Object({ id: Type.Integer() }), Type.Null()]),
  dry_run: Type.Boolean(),
  dependencies_synced: Type.Array(Type.Object({})),
  error: Type.Union([Type.String(), Type.Null()]),
  run_id: Type.Union([Type.String(), Type.Null()]),
});

const transform = readAs({ vmid: "integer" });

type Context = {
  query: object;
  params?: object;
  request: Request;
  set: { status?: number | string; headers: object };
};

function handlerOf(synchronise: SynchroniseOne, kind: IndividualKind) {
  return async ({ query: sent, params, request, set }: Context) => {
    // Who asks for the headers only wants no run.
    if (request.method === "HEAD") return new Response(null, { headers: { "content-type": "application/json" } });
    const given = Object.entries({ ...sent, ...params }).map(([name, value]) => [name, String(value)]);
    const query: StageQuery = Object.fromEntries(given);
    try {
      const { status, body } = await synchronise(kind, query);
      set.status = status;
      return body;
    } catch (thrown) {
      const { status, headers, body, internal } = answerOf(thrown);
      if (status === 422 || (internal && status === 500)) throw thrown;
      const { code, message, next } = body as { code: string; message: string; next?: string };
      set.status = status;
      Object.assign(set.headers, headers);
      return failedAnswer(nothingDone(kind, query), { status, code, message, ...(next ? { next } : {}) }).body;
    }
  };
}

/** What is not named is ignored: the plugin sends along what it knows of other objects. */
function queryOf({ required, optional = [] }: IndividualKind): TObject {
  const fields = [
    ...required.map((name) => [name, individualParameters[name]]),
    ...optional.map((name) => [name, Type.Optional(individualParameters[name])]),
  ];
  return Type.Object(Object.fromEntries(fields), { additionalProperties: true });
}

function placeholders({ required }: IndividualKind): StageQuery {
  return Object.fromEntries(required.map((name) => [name, `{${name}}`]));
}
