import type { ObjectOutcome } from "@proxbox/contracts/messages";
import { hideInText } from "@proxbox/runtime/hide-in-text";
import type { StageContext } from "@proxbox/runtime/stage";
import { cleanText } from "./canonical.ts";
import type { NetBoxClient } from "./client.ts";
import { type KindName, kindOf } from "./kinds.ts";

/** An entry of NetBox's journal, as it is sent. */
export type JournalEntry = {
  assigned_object_type: string;
  assigned_object_id: number;
  kind: "info" | "success" | "warning" | "danger";
  /** Markdown. */
  comments: string;
};

/** The run that a stage is part of, whether it keeps a journal, and where to say that it could not. */
export type JournalContext = Pick<StageContext, "run" | "options" | "signal" | "log">;

/**
 * One entry for each virtual machine that was made, changed, or failed, with what happened to it and to the objects that
 * bear its name in the report. A failure alone does not name its run: the same one is then told once, not in every run.
 * A machine that is not in NetBox cannot have one. Pure.
 */
export function journalEntries(outcomes: readonly ObjectOutcome[], run: string): JournalEntry[] {
  const byName = Map.groupBy(outcomes, ({ name }) => name);
  return [...byName.values()].flatMap((group): JournalEntry[] => {
    const machine = group.find(({ kind, id }) => kind === "virtual-machine" && id !== undefined);
    const news = group.filter(({ outcome }) => outcome === "created" || outcome === "updated");
    const failed = group.filter(({ outcome }) => outcome === "failed");
    if (!machine?.id || news.length + failed.length === 0) return [];
    const made = machine.outcome === "created";
    const head = news.length > 0 ? `${made ? "Made" : "Changed"} from Proxmox in run ${run}.` : "Differs from Proxmox.";
    const lines = [
      ...news.map(({ kind, fields = [] }) => `- ${labelOf(kind)}: ${fields.join(", ")}`),
      ...failed.map(
        ({ kind, error }) => `- ${labelOf(kind)} failed: ${[error?.message, error?.next].filter(Boolean).join(" ")}`,
      ),
    ];
    const kind = machine.outcome === "failed" ? "danger" : failed.length > 0 ? "warning" : made ? "success" : "info";
    return [
      {
        assigned_object_type: kindOf("virtual-machine").model,
        assigned_object_id: machine.id,
        kind,
        comments: cleanText(hideInText([head, "", ...lines].join("\n"))),
      },
    ];
  });
}

/**
 * Writes the journal of what became of virtual machines, in bulk; with the option `journal` off, or without news, nothing.
 * A failure that the journal told last already is not told again. The journal is a courtesy: where it cannot be written
 * the log says so and nobody fails. Throws only when it is called off.
 */
export async function writeJournal(
  ctx: JournalContext,
  client: NetBoxClient,
  outcomes: readonly ObjectOutcome[],
): Promise<void> {
  const entries = ctx.options.journal ? journalEntries(outcomes, ctx.run) : [];
  if (entries.length === 0) return;
  await asCourtesy(ctx, async () => {
    const told = await lastTold(client, entries, ctx.signal);
    const news = entries.filter(({ assigned_object_id: id, comments }) => told.get(id) !== comments);
    const written = await client.create("journal-entry", news, ctx.signal);
    for (const result of written) if ("error" in result) throw result.error;
  });
}

/** Does something that is not worth a failure. */
export async function asCourtesy(ctx: JournalContext, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (thrown) {
    if (ctx.signal.aborted) throw thrown;
    ctx.log.warn({ event: "journal.failed", run: ctx.run, err: thrown }, "NetBox's journal could not be written.");
  }
}

/** The newest failures that the journals of these objects tell, by object. */
async function lastTold(
  client: NetBoxClient,
  entries: readonly JournalEntry[],
  signal: AbortSignal,
): Promise<Map<number, string>> {
  const failed = entries.filter(({ kind }) => kind === "danger" || kind === "warning");
  const [first] = failed;
  if (!first) return new Map();
  const rows = await client.list<{ id: number; assigned_object_id: number; comments: string }>(
    kindOf("journal-entry").path,
    {
      assigned_object_type: first.assigned_object_type,
      assigned_object_id: failed.map(({ assigned_object_id: id }) => id),
      kind: ["danger", "warning"],
      fields: "id,assigned_object_id,comments",
    },
    signal,
  );
  const oldestFirst = rows.sort((left, right) => left.id - right.id);
  return new Map(oldestFirst.map(({ assigned_object_id: id, comments }) => [id, comments]));
}

function labelOf(kind: string): string {
  return kindOf(kind as KindName).label;
}
