import {
  AttemptResults,
  AttemptResultsQuery,
  Problem,
  ReplayAccepted,
  ReplayOrder,
  RunAccepted,
  RunList,
  RunListQuery,
  RunOrder,
  RunView,
} from "@proxbox/contracts/http";
import type { RunState } from "@proxbox/contracts/runs";
import { Type } from "@sinclair/typebox";
import { Elysia } from "elysia";
import { invalidField, notFound } from "../errors.ts";
import type { GatewayParts } from "../parts.ts";
import { checkSelection, newRunId, requestOf, runIdForKey } from "../runs/run-order.ts";
import { attemptsOf, viewOfRun } from "../runs/run-view.ts";
import { describe } from "./describe.ts";
import { readAs } from "./read-as.ts";

/** Runs: asking for one, listing them, looking into one, cancelling it, replaying a stage of it. */
export function runRoutes({ config, runs, endpoints, log }: GatewayParts) {
  const usual = { delete_orphans: config.PROXBOX_DELETE_ORPHANS };
  return new Elysia()
    .post(
      "/runs",
      async ({ body, headers, set }) => {
        const request = requestOf(body, "api", usual);
        checkSelection(request, request.options.proxmox_endpoint_ids ? await endpoints.proxmox() : []);
        const key = headers["idempotency-key"]?.trim();
        if (key !== undefined && (key === "" || key.length > 255)) {
          throw invalidField(["header", "idempotency-key"], "It must have 1 to 255 characters.");
        }
        const state = await runs.create(key ? runIdForKey(key) : newRunId(), request);
        log.info(
          { event: "run.created", run: state.id, mode: request.mode, stages: request.stages },
          "A run was asked for.",
        );
        set.status = 202;
        set.headers.location = `/runs/${state.id}`;
        return accepted(state);
      },
      {
        body: RunOrder,
        ...describe("Ask for a run; the same Idempotency-Key header means the same run.", {
          202: RunAccepted,
          409: Problem,
        }),
      },
    )
    .get("/runs", async ({ query }) => ({ runs: await runs.list(query.limit ?? 50) }), {
      query: RunListQuery,
      transform: readAs({ limit: "integer" }),
      ...describe("The runs, newest first.", { 200: RunList }),
    })
    .get(
      "/runs/:id",
      async ({ params }) => {
        const { state, events, stream } = await runs.read(params.id);
        return viewOfRun(state, events, `${stream.epoch}-${stream.lastSeq}`);
      },
      describe("A run, its stages and all their attempts.", { 200: RunView, 404: Problem }),
    )
    .get(
      "/runs/:id/stages/:stage/attempts/:attempt",
      async ({ params, query }): Promise<AttemptResults> => {
        const { id, stage: name } = params;
        const { state, events } = await runs.read(id);
        const stage = state.stages.find((entry) => entry.stage === name);
        const attempt = stage && attemptsOf(stage, events)[params.attempt - 1];
        if (!attempt) throw notFound(`Run ${id} has no attempt ${params.attempt} of a stage ${name}.`);
        const { after = 0, limit = 100, state: wanted } = query;
        const page = await runs.results(id, name, params.attempt, { after, limit, state: wanted });
        return { run: id, stage: name, attempt, ...page };
      },
      {
        params: Type.Object({ id: Type.String(), stage: Type.String(), attempt: Type.Integer({ minimum: 1 }) }),
        query: AttemptResultsQuery,
        transform: readAs({ attempt: "integer", after: "integer", limit: "integer" }),
        ...describe("One attempt of a stage, with its results page by page.", { 200: AttemptResults, 404: Problem }),
      },
    )
    .post(
      "/runs/:id/cancel",
      async ({ params, set }) => {
        const state = await runs.cancel(params.id, "Cancelled by request.");
        set.status = 202;
        return accepted(state);
      },
      describe("End a run: what is in hand is finished, nothing more is begun.", {
        202: RunAccepted,
        404: Problem,
        409: Problem,
      }),
    )
    .post(
      "/runs/:id/stages/:stage/replay",
      async ({ params, body, set }): Promise<ReplayAccepted> => {
        const { id: run, stage } = params;
        const mode = body.mode ?? "failed-only";
        const attempt = await runs.replay(run, stage, mode);
        log.info({ event: "run.replayed", run, stage, attempt, mode }, "A stage is to run again.");
        set.status = 202;
        return { run, stage, attempt, mode };
      },
      {
        body: ReplayOrder,
        ...describe("Run a stage again, and then what it had blocked.", {
          202: ReplayAccepted,
          404: Problem,
          409: Problem,
        }),
      },
    );
}

function accepted({ id, phase, request }: RunState): RunAccepted {
  const self = `/runs/${id}`;
  return { id, phase, request, links: { self, events: `${self}/events`, ws: `${self}/ws` } };
}
