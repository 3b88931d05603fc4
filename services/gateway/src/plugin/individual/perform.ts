import type { RunOrder } from "@proxbox/contracts/http";
import { isOver } from "@proxbox/contracts/runs";
import type { Bus } from "@proxbox/runtime/bus";
import { startDeadline } from "@proxbox/runtime/deadline";
import { RequestError } from "../../errors.ts";
import type { GatewayParts } from "../../parts.ts";
import { followRun } from "../../runs/following.ts";
import { newRunId, requestOf } from "../../runs/run-order.ts";
import { askLive } from "../live-answers.ts";
import type { StageQuery } from "../stages/stage-query.ts";
import { answerAfter, type IndividualAnswer } from "./answer.ts";
import { endpointFor } from "./endpoint.ts";
import type { StageReport } from "./failure.ts";
import { gathering } from "./gather.ts";
import type { IndividualKind } from "./kinds.ts";
import { objectOrder } from "./order.ts";

/** The plugin waits for 30 s: by then it has an answer, even if the run goes on. */
const usualPatienceMs = 25_000;
/** One guest, or what an endpoint has of clusters, nodes, storages and jobs. */
const mostResults = 10_000;

/** How long NetBox is tried when a run is not over in time. */
const lookMs = 3_000;

/** How long the first of several wishes waits for the others of its batch. */
const windowMs = 100;

/** What of a gateway it takes. */
export type IndividualParts = Pick<GatewayParts, "bus" | "runs" | "hub" | "log"> & {
  endpoints: Pick<GatewayParts["endpoints"], "proxmox">;
};

/** Brings one object in line, and tells what came of it. */
export type SynchroniseOne = (
  kind: IndividualKind,
  query: StageQuery,
) => Promise<{ status: number; body: IndividualAnswer }>;

/**
 * Brings objects in line by runs, of one object or of several that are asked for at once, and tells what came of each
 * within 25 s. A run that is not over by then goes on. Throws RequestError as `endpointFor` and `objectOrder` do, and when the
 * bus does not answer.
 * @param patienceMs how long a caller waits, where it is not 25 s
 */
export function synchroniseBy(parts: IndividualParts, patienceMs = usualPatienceMs): SynchroniseOne {
  const { bus, runs, endpoints, log } = parts;
  const begin = async (order: RunOrder) => {
    const request = requestOf(order, "plugin");
    const { id } = await runs.create(newRunId(), request);
    log.info({ event: "run.created", run: id, mode: request.mode, stages: request.stages }, "A run was asked for.");
    return id;
  };
  const gathered = gathering(begin, windowMs);
  return async (kind, query) => {
    using deadline = startDeadline(patienceMs);
    const late = deadline.signal;
    const endpoint = await endpointFor(bus, query, await endpoints.proxmox(), late);
    const order = objectOrder(kind, query, endpoint.id);
    const id = await (order.options?.dry_run ? begin(order) : gathered(order));
    const { events } = await followRun(parts, id, { lastEventId: null, forEver: false, signal: late });
    for await (const _ of events);
    const { state } = await runs.read(id);
    const reading = isOver(state) ? state.stages.filter(({ attempt }) => attempt > 0) : [];
    const stages = await Promise.all(
      reading.map(async ({ stage, attempt }): Promise<StageReport> => {
        const { results } = await runs.results(id, stage, attempt, { after: 0, limit: mostResults });
        return { stage, results };
      }),
    );
    const hindrance = isOver(state) ? null : await netboxFailure(bus);
    return answerAfter(kind, query, { state, endpoint: endpoint.name, stages, hindrance });
  };
}

/** Why NetBox cannot be read now; null: it can, or that is not to be found out. A run waits longer for it than a caller. */
async function netboxFailure(bus: Bus): Promise<string | null> {
  try {
    using deadline = startDeadline(lookMs);
    await askLive(bus, "netbox-status", null, {}, deadline.signal);
    return null;
  } catch (error) {
    // Where inventory does not answer, nothing is known of NetBox.
    return error instanceof RequestError && !error.code.startsWith("ask_") ? error.message : null;
  }
}
