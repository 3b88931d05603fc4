import type { ObjectOutcome } from "@proxbox/contracts/messages";
import type { Desired } from "./desired.ts";
import type { KindName } from "./kinds.ts";

/** A row of NetBox that stands for something which Proxmox no longer shows. */
export type RemovalCandidate = {
  kind: KindName;
  id: number;
  /** Name for reports, e.g. `web (vmid 100) net0`. */
  label: string;
  /** Name of its parent, see `Desired.parent`. */
  parent?: string;
  /** Whether it is ours: by our tag, or as a row of a machine that is recognised as ours. */
  ours: boolean;
};

/** What is known before anything of one scope, say of one storage or of a batch of guests, may be deleted. */
export type RemovalEvidence = {
  /** Why Proxmox may have more than it showed, e.g. `node pve2 is offline`; null: it is proven complete. */
  doubt: string | null;
  /** How many of this sort were known in the scope: what Proxmox shows now, and the candidates. */
  known: number;
  /** The option that asks for deletions, and whether it does; left out: it needs none. */
  option?: { name: string; on: boolean };
  /** Most rows that may be deleted; left out: no limit, for what comes and goes every day. */
  cap?: number;
};

/** What is to be deleted, and the report of what is not. */
export type RemovalVerdict = { gone: Desired[]; kept: ObjectOutcome[] };

/** So few rows may vanish altogether; of more, half have to be there still. */
const few = 4;

/**
 * Judges what may be deleted: rows that are ours, when the caller asked for it, Proxmox was read completely, at least half
 * of what was known is still there, and no more than the cap are concerned. Otherwise none is, and each is reported with
 * the reason. Pure.
 */
export function judgeRemovals(candidates: readonly RemovalCandidate[], evidence: RemovalEvidence): RemovalVerdict {
  const count = candidates.filter(({ ours }) => ours).length;
  const doubt = doubtOf(count, evidence);
  const verdict: RemovalVerdict = { gone: [], kept: [] };
  for (const { kind, id, label, parent, ours } of candidates) {
    const reason = ours ? doubt : "it does not carry our tag";
    if (reason === null) {
      verdict.gone.push({ kind, id, identity: {}, values: {}, gone: true, label, ...(parent ? { parent } : {}) });
    } else {
      verdict.kept.push({ kind, name: label, id, outcome: "skipped", reason: `would be deleted, but ${reason}` });
    }
  }
  return verdict;
}

function doubtOf(count: number, { doubt, known, option, cap }: RemovalEvidence): string | null {
  if (option && !option.on) return `${option.name} is off`;
  if (doubt !== null) return doubt;
  const left = known - count;
  if (known > few && left * 2 < known) return `only ${left} of ${known} known ones are still there`;
  return cap !== undefined && count > cap ? `${count} are concerned and at most ${cap} may be` : null;
}
