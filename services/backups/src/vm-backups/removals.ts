import type { ObjectOutcome } from "@proxbox/contracts/messages";
import { judgeRemovals, type RemovalEvidence, type RemovalVerdict } from "@proxbox/netbox/removals";
import { parseVolume } from "@proxbox/proxmox/parse/volume";
import { keyOf } from "./assign.ts";
import { type BackupRow, labelOf, type Machine, type OwnBackup } from "./facts.ts";

/** What was seen of an endpoint's backups in this run. */
export type BackupEvidence = {
  own: readonly OwnBackup[];
  /** The storages that can hold backups, and why their listing may lack something; null: it does not. */
  storages: ReadonlyMap<string, string | null>;
  /** Why any listing of the endpoint may lack something. */
  gaps: readonly string[];
  option: NonNullable<RemovalEvidence["option"]>;
};

/**
 * Judges the rows of an endpoint's machines whose backup no storage showed: storage by storage, each by how completely it
 * was read. Pure. A row whose volume id tells no guest is never given up.
 */
export function judgeBackups(
  rows: readonly BackupRow[],
  machines: ReadonlyMap<number, Machine>,
  evidence: BackupEvidence,
): RemovalVerdict {
  const seen = new Set(evidence.own.map(({ backup, machine }) => keyOf(machine.id, backup.volid)));
  const judged = rows.flatMap((row) => {
    const machine = machines.get(row.machine);
    if (!machine || row.volid === null) return [];
    const storage = parseVolume(row.volid).storage || (row.storage ?? "");
    return [{ row, machine, storage, volid: row.volid, isGone: !seen.has(keyOf(row.machine, row.volid)) }];
  });
  const verdicts = [...Map.groupBy(judged, ({ storage }) => storage)].flatMap(([storage, there]) => {
    const shown = evidence.own.filter(({ backup }) => backup.storage === storage).length;
    const missing = there.filter(({ isGone }) => isGone);
    const byDoubt = Map.groupBy(missing, ({ volid }) => doubtOf(volid, storage, evidence));
    return [...byDoubt].map(([doubt, group]) => {
      const candidates = group.map(({ row, machine, volid }) => {
        const label = labelOf(machine, volid);
        return { kind: "backup" as const, id: row.id, label, parent: machine.name, ours: true };
      });
      return judgeRemovals(candidates, { doubt, known: shown + missing.length, option: evidence.option });
    });
  });
  return { gone: verdicts.flatMap(({ gone }) => gone), kept: verdicts.flatMap(({ kept }) => kept) };
}

/** What is told of rows without a volume id: nothing says which backup they are. Pure. */
export function namelessRows(rows: readonly BackupRow[], machines: ReadonlyMap<number, Machine>): ObjectOutcome[] {
  return rows.flatMap((row): ObjectOutcome[] => {
    const machine = machines.get(row.machine);
    if (!machine || row.volid !== null) return [];
    const reason = "Without a volume id nothing tells which backup this row stands for. Delete it.";
    return [{ kind: "backup", name: labelOf(machine, null), outcome: "skipped", id: row.id, reason }];
  });
}

function doubtOf(volid: string, storage: string, { storages, gaps }: BackupEvidence): string | null {
  const volume = parseVolume(volid);
  if (volume.vmid === null || volume.subtype === "undefined") return "its volume id is none of a guest's backup";
  const gap = storages.get(storage);
  if (gap === undefined)
    return `storage ${storage} holds no backups any more: it was removed, hidden or given other content`;
  return gap ?? (gaps.length > 0 ? gaps.join(" ") : null);
}
