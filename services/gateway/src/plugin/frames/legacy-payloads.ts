import type { ObjectOutcome } from "@proxbox/contracts/messages";
import type { StageName } from "@proxbox/contracts/stages";
import type { RunStreamEvent } from "../../run-events.ts";
import { sentenceOf } from "./error-sentence.ts";
import { nameOf } from "./machine-label.ts";
import { pageOf } from "./netbox-pages.ts";
import { factOf } from "./run-facts.ts";
import { stageWords } from "./stage-words.ts";

/** A message of the older dialect, as `/ws` sends it and `step` frames carry it in `payload`. */
export type LegacyPayload = { object: string; type?: string; data: LegacyData } | { object: string; end: true };

/** What the older dialect tells of one object. */
export type LegacyData = {
  completed: boolean;
  sync_status: "completed" | "failed" | "skipped";
  rowid: string;
  name: string;
  netbox_id: number | null;
  netbox_url?: string;
  error?: string;
  warning?: string;
};

/**
 * The older dialect's messages for an event of a run: one for each object of the stage's own kind, and the end of the stage.
 * Stages that never spoke it give none. Pure.
 */
export function legacyPayloads(
  event: Pick<RunStreamEvent, "name" | "data">,
  netboxUrl: string | null,
): LegacyPayload[] {
  const fact = factOf(event);
  if (fact?.of === "result")
    return fact.result.objects.flatMap((object) => legacyPayload(fact.stage, object, netboxUrl) ?? []);
  if (fact?.of !== "stage" || !endings.includes(fact.fact)) return [];
  const end = legacyEnd(fact.stage);
  return end ? [end] : [];
}

const endings: readonly string[] = ["done", "failed", "cancelled", "blocked"];

/** The message about one object; null when the older dialect has none about it. */
export function legacyPayload(
  stage: StageName,
  object: ObjectOutcome,
  netboxUrl: string | null,
): Extract<LegacyPayload, { data: unknown }> | null {
  const { legacy, kinds } = stageWords[stage];
  if (!legacy || !kinds.includes(object.kind)) return null;
  const { id, outcome, reason, error } = object;
  const name = nameOf(object);
  const url = pageOf(netboxUrl, object.kind, id);
  const status = outcome === "failed" || outcome === "skipped" ? outcome : "completed";
  const data: LegacyData = {
    completed: status === "completed",
    sync_status: status,
    rowid: name,
    name,
    netbox_id: id ?? null,
    ...(url ? { netbox_url: url } : {}),
    ...(outcome === "failed" ? { error: error ? sentenceOf(error, name) : `${name} failed.` } : {}),
    ...(outcome !== "failed" && reason ? { warning: `${name}: ${reason}` } : {}),
  };
  return { object: legacy.object, ...(legacy.type ? { type: legacy.type } : {}), data };
}

/** The message that ends a stage; null when the older dialect has none. */
export function legacyEnd(stage: StageName): Extract<LegacyPayload, { end: true }> | null {
  const legacy = stageWords[stage].legacy;
  return legacy && { object: legacy.end, end: true };
}
