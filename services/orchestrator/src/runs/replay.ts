import { decode } from "@proxbox/contracts/envelope";
import { StageCommand } from "@proxbox/contracts/messages";
import { domainOf, type StageName } from "@proxbox/contracts/stages";
import { names } from "@proxbox/contracts/streams";
import { commandSubject } from "@proxbox/contracts/subjects";
import type { Bus } from "@proxbox/runtime/bus";
import { readLast } from "@proxbox/runtime/reader";

/** A command as it is stored, and its sequence in PBX_CMD. */
export type StoredCommand = { seq: number; data: StageCommand["data"] };

/** Reads back the newest command of a stage before an attempt; null when it was never commanded or is forgotten. */
export async function lastCommand(
  bus: Bus,
  address: { run: string; stage: StageName; attempt: number },
): Promise<StoredCommand | null> {
  const { run, stage } = address;
  // An attempt that was called off, or blocked, before its command leaves a gap.
  for (let attempt = address.attempt - 1; attempt > 0; attempt -= 1) {
    const stored = await readLast(bus, commandSubject(domainOf(stage), run, stage, attempt), names.commands);
    if (stored) return { seq: stored.seq, data: decode(StageCommand, stored.data).data };
  }
  return null;
}
