import type { ObjectOutcome } from "@proxbox/contracts/messages";
import type { StageName } from "@proxbox/contracts/stages";
import { sentenceOf } from "./error-sentence.ts";
import { nameOf } from "./machine-label.ts";
import { pageOf } from "./netbox-pages.ts";
import { stageWords } from "./stage-words.ts";

/** A message of the older dialect about one object, as `/ws` sends it and `step` frames carry it in `payload`. */
export type LegacyPayload = { object: string; type?: string; data: LegacyData };

/** The message that ends a stage in the older dialect. */
export type LegacyEnd = { object: string; end: true };

/** What the older dialect tells of one object. */
type LegacyData = {
  completed: boolean;
  sync_status: "completed" | "failed" | "skipped";
  rowid: string;
  name: string;
  netbox_id: number | null;
  netbox_url?: string;
  error?: string;
  warning?: string;
};

/** The message about one object; null when the older dialect has none about it. */
export function legacyPayload(stage: StageName, object: ObjectOutcome, netboxUrl: string | null): LegacyPayload | null {
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
export function legacyEnd(stage: StageName): LegacyEnd | null {
  const legacy = stageWords[stage].legacy;
  return legacy && { object: legacy.end, end: true };
}
