import type { StageResult } from "@proxbox/contracts/messages";
import { isOver } from "@proxbox/contracts/runs";
import { followRun } from "../../following.ts";
import type { GatewayParts } from "../../parts.ts";
import { newRunId, requestOf } from "../../run-order.ts";
import type { StageQuery } from "../stage-query.ts";
import { answerAfter, type IndividualAnswer } from "./answer.ts";
import { endpointFor } from "./endpoint.ts";
import type { StageReport } from "./failure.ts";
import type { IndividualKind } from "./kinds.ts";
import { orderOf } from "./order.ts";

/** The plugin waits for 30 s: by then it has an answer, even if the run goes on. */
const patienceMs = 25_000;
/** One guest, or what an endpoint has of clusters, nodes, storages and jobs. */
const mostResults = 10_000;

/**
 * Brings one object in line by a run of its own, and tells what came of it within 25 s. A run that is not over by then
 * goes on. Throws RequestError as `endpointFor` and `orderOf` do, and when the bus does not answer.
 */
export async function synchroniseOne(
  parts: Pick<GatewayParts, "bus" | "runs" | "hub" | "endpoints" | "log">,
  kind: IndividualKind,
  query: StageQuery,
): Promise<{ status: number; body: IndividualAnswer }> {
  const { bus, runs, endpoints, log } = parts;
  const late = AbortSignal.timeout(patienceMs);
  const endpoint = await endpointFor(bus, query, await endpoints.proxmox(), late);
  const request = requestOf(orderOf(kind, query, endpoint.id), "plugin");
  const { id } = await runs.create(newRunId(), request);
  log.info({ event: "run.created", run: id, mode: request.mode, stages: request.stages }, "A run was asked for.");
  const { events } = await followRun(parts, id, { lastEventId: null, forEver: false, signal: late });
  for await (const _ of events);
  const { state } = await runs.read(id);
  const reading = isOver(state) ? state.stages.filter(({ attempt }) => attempt > 0) : [];
  const stages = await Promise.all(
    reading.map(async ({ stage, attempt }): Promise<StageReport> => {
      const { results } = await runs.results(id, stage, attempt, { after: 0, limit: mostResults });
      return { stage, results: results as readonly StageResult["data"][] };
    }),
  );
  return answerAfter(kind, query, { state, endpoint: endpoint.name, stages });
}
