import type { RunAction } from "@proxbox/contracts/decide";
import type { StageCommand } from "@proxbox/contracts/messages";
import type { RunState } from "@proxbox/contracts/runs";
import { domainOf } from "@proxbox/contracts/stages";
import type { Bus } from "@proxbox/runtime/bus";
import type { Metrics } from "@proxbox/runtime/metrics";
import type { Publisher } from "../publisher.ts";
import { lastCommand } from "./replay.ts";

type Tools = { bus: Bus; publisher: Publisher; metrics: Metrics };
type CommandAction = Extract<RunAction, { action: "command" }>;

/** Does what was decided for a run, each thing once however often it is asked for. `start` is the queue's business. */
export async function perform(tools: Tools, run: RunState, action: Exclude<RunAction, { action: "start" }>) {
  const { publisher, bus, metrics } = tools;
  if (action.action === "end") {
    const { fact, ok, reason } = action;
    const isNew = await publisher.runFact(run.id, run.generation, fact, { ok, ...(reason ? { reason } : {}) });
    if (!isNew) return;
    metrics.runs.inc({ state: fact });
    bus.log.info({ event: `run.${fact}`, run: run.id, ok, reason }, `The run is ${fact}. ${reason ?? ""}`.trim());
    return;
  }
  const address = { run: run.id, stage: action.stage, attempt: action.attempt };
  if (action.action === "block") {
    const { because } = action;
    const sentence = `Stage ${action.stage} cannot run: ${because.join(", ")} did not succeed.`;
    if (!(await publisher.stageFact(address, "blocked", { because }))) return;
    bus.log.warn({ event: "stage.blocked", ...address, because }, sentence);
  } else if (action.action === "cancel") {
    await publisher.stageFact(address, "cancelled");
  } else {
    // The command first: a crash in between repeats both, and a fact without its command would wait for ever.
    await publisher.command(address, await commandData(bus, run, action));
    if (!(await publisher.stageFact(address, "commanded", { mode: action.mode }))) return;
    bus.log.info({ event: "stage.commanded", ...address, mode: action.mode }, `Stage ${action.stage} is commanded.`);
  }
}

async function commandData(bus: Bus, run: RunState, action: CommandAction): Promise<StageCommand["data"]> {
  const { stage, attempt, mode, blocked } = action;
  const earlier = await lastCommand(bus, { run: run.id, stage, attempt });
  if (earlier) return { ...earlier.data, mode, blocked, replayOf: earlier.seq };
  return { domain: domainOf(stage), mode, options: run.request.options, blocked };
}
