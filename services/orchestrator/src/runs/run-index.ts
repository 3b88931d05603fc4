import { runKeys } from "@proxbox/contracts/endpoints";
import { decode } from "@proxbox/contracts/envelope";
import { indexEntryOf, RunIndexEntry } from "@proxbox/contracts/run-index";
import { names, streams } from "@proxbox/contracts/streams";
import type { Bucket } from "@proxbox/runtime/buckets";
import type { RunHistory } from "./history.ts";

/** The list of runs in PBX_RUN. It can be rebuilt from the events, and is never the truth. */
export type RunIndex = {
  /** Enters what is known of a run, unless the index knows more. */
  put(history: RunHistory): Promise<void>;
  list(): Promise<RunIndexEntry[]>;
  remove(run: string): Promise<void>;
};

/** Opens the index in its bucket. */
export function openRunIndex(bucket: Bucket): RunIndex {
  return {
    put: async ({ run, seq }) => {
      const key = runKeys.index(run.id);
      const value = JSON.stringify(indexEntryOf(run, seq));
      for (let written: number | null = null; written === null; ) {
        const there = await bucket.get(key);
        if (there && (read(there.value)?.seq ?? 0) >= seq) return;
        written = there ? await bucket.update(key, value, there.revision) : await bucket.create(key, value);
      }
    },
    list: async () => (await bucket.list(runKeys.indexAll)).flatMap(({ value }) => read(value) ?? []),
    remove: async (run) => void (await bucket.delete(runKeys.index(run))),
  };
}

/** Which runs the index need not keep: those that ended, when they are many or their events are gone. */
export function outdated(entries: readonly RunIndexEntry[], now: number, most = 500): RunIndexEntry[] {
  const lifeMs = (streams.find((stream) => stream.name === names.events)?.maxAgeSeconds ?? 0) * 1_000;
  return entries
    .filter((entry) => entry.endedAt !== null)
    .sort((left, right) => right.createdAt.localeCompare(left.createdAt))
    .filter((entry, place) => place >= most || Date.parse(entry.endedAt ?? entry.createdAt) + lifeMs < now);
}

/** An entry of another version is as good as none: it is written anew. */
function read(value: string): RunIndexEntry | null {
  try {
    return decode(RunIndexEntry, value);
  } catch {
    return null;
  }
}
