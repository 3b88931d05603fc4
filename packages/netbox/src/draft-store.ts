import { randomBytes } from "node:crypto";
import { names } from "@proxbox/contracts/streams";
import { openBucket } from "@proxbox/runtime/buckets";
import type { StageContext } from "@proxbox/runtime/stage";
import type { DraftEntry, DraftStore } from "./draft.ts";

/** So many entries go into one value; with the longest rows it stays below what a server takes. */
const entriesPerValue = 100;

/** Opens what a dry run, or the job it belongs to, would have written so far; the bus forgets it after a day. */
export function openDrafts({ bus, run, options }: Pick<StageContext, "bus" | "run" | "options">): DraftStore {
  const bucket = openBucket(bus, names.drafts);
  const keysOf = (path: string) => `${options.job ?? run}.${path.replaceAll("/", "_")}`;
  return {
    read: async (path) => {
      const values = await bucket.list(`${keysOf(path)}.*`);
      const inOrder = values.sort((left, right) => left.revision - right.revision);
      return inOrder.flatMap(({ value }) => JSON.parse(value) as DraftEntry[]);
    },
    add: async (path, entries) => {
      for (let start = 0; start < entries.length; start += entriesPerValue) {
        const key = `${keysOf(path)}.${randomBytes(8).toString("hex")}`;
        await bucket.put(key, JSON.stringify(entries.slice(start, start + entriesPerValue)));
      }
    },
  };
}
