import type { ObjectOutcome } from "@proxbox/contracts/messages";
import { canonical } from "@proxbox/netbox/canonical";
import { kindOf } from "@proxbox/netbox/kinds";
import { type GuestTask, labelOf, type TaskRow } from "./facts.ts";

/** What is to be done about the tasks of one page: `row` is that of a task which NetBox has otherwise. */
export type SettledPage = {
  write: (GuestTask & { row: number | null })[];
  told: ObjectOutcome[];
  /** Whether NetBox has every task of it, so that it has the older ones too: the oldest are written first. */
  known: boolean;
};

/**
 * Holds the tasks of a page against what NetBox has of them. Pure. A task is found by its id alone, which names node,
 * process and instant; one that NetBox has at a machine of somebody else stays there.
 * @param own the machines of this endpoint
 */
export function settlePage(
  tasks: readonly GuestTask[],
  rows: readonly TaskRow[],
  own: ReadonlySet<number>,
): SettledPage {
  const byUpid = new Map(rows.map((row) => [row.upid, row]));
  const page: SettledPage = { write: [], told: [], known: tasks.length > 0 };
  for (const one of tasks) {
    const row = byUpid.get(one.task.upid);
    const told = { kind: "task-history", name: labelOf(one), ...(row ? { id: row.id } : {}) };
    if (!row) {
      page.write.push({ ...one, row: null });
      page.known = false;
    } else if (!own.has(row.machine)) {
      const reason = `NetBox has this task at virtual machine ${row.machine}, which is no guest of this endpoint.`;
      page.told.push({ ...told, outcome: "skipped", reason });
    } else if (isAsSaid(one, row)) page.told.push({ ...told, outcome: "unchanged" });
    else page.write.push({ ...one, row: row.id });
  }
  return page;
}

const { end_time: endField, exitstatus: exitField } = kindOf("task-history").fields;

function isAsSaid({ task, machine }: GuestTask, row: TaskRow): boolean {
  if (!endField || !exitField) return false;
  return (
    row.machine === machine.id &&
    canonical(endField, row.endTime) === canonical(endField, task.endTime) &&
    canonical(exitField, row.exitStatus) === canonical(exitField, exitStatusOf(task))
  );
}

/** How a task ended, as NetBox is told. */
export function exitStatusOf({ status }: GuestTask["task"]): string {
  return status ?? "unknown";
}
