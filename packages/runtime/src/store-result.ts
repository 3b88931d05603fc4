import { encode } from "@proxbox/contracts/envelope";
import { StageResult } from "@proxbox/contracts/messages";
import { resultSubject } from "@proxbox/contracts/subjects";
import { envelopeOf, type Place } from "./envelopes.ts";
import { type ResultOf, resultOf } from "./results.ts";
import type { ItemReport } from "./stage.ts";
import type { StageHost } from "./stage-context.ts";

/** Stores the one result of an item, unless it has one. Counts and logs it when it was this call that stored it. */
export async function storeResult(host: StageHost, place: Place, of: ResultOf, report: ItemReport): Promise<void> {
  const { run, stage, attempt } = place;
  const subject = resultSubject(run, stage, attempt, of.key);
  const data = resultOf(of, report);
  const message = encode(StageResult, envelopeOf(subject, place, host.author, data));
  if (!(await host.bus.publishOnce(subject, message))) return;
  host.metrics.items.inc({ stage, state: data.state });
  host.metrics.itemSeconds.observe({ stage }, data.ms / 1_000);
  for (const [kind, counts] of Object.entries(data.kinds)) {
    for (const [outcome, count] of Object.entries(counts)) {
      if (count > 0) host.metrics.objects.inc({ kind, outcome }, count);
    }
  }
  const { state, endpoint, ms, counts, deliveries, error } = data;
  const at = { run, stage, attempt, item: of.key, endpoint };
  for (const { kind, name, id, outcome, error: fault } of report.objects) {
    if (outcome !== "failed") continue;
    const sentence = fault?.message ?? `${name} failed.`;
    host.log.warn({ event: "object.failed", ...at, kind, object: name, id, err: fault }, sentence);
  }
  const facts = { ...at, ms, deliveries, state, ...counts };
  if (state === "failed") {
    const sentence = error?.message ?? `${counts.failed} objects of the item failed.`;
    host.log.warn({ event: "item.failed", ...facts, ...(error ? { err: error } : {}) }, sentence);
  } else {
    host.log.info({ event: state === "cancelled" ? "item.cancelled" : "item.done", ...facts }, `The item is ${state}.`);
  }
}
