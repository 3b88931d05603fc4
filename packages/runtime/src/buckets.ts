import { type KV, Kvm } from "@nats-io/kv";
import type { Bus } from "./bus.ts";
import { apiCodes, hasApiCode } from "./bus-errors.ts";
import { openOnce } from "./open-once.ts";
import { readEvents, readStored, type StoredMessage } from "./reader.ts";

/** A value and the revision that `update` wants to see. */
export type BucketValue = { value: string; revision: number };

/** A key with its value; null: it was deleted. */
export type BucketEntry = { key: string; value: string | null; revision: number };

/** A key-value bucket of texts. Every call waits for a server that does not answer; errors as those of the bus. */
export type Bucket = {
  get(key: string): Promise<BucketValue | null>;
  /** Stores a value under a key that has none; null when it has one. Otherwise the revision. */
  create(key: string, value: string): Promise<number | null>;
  /** Replaces the value of this revision; null when it is not the newest any more. Otherwise the new revision. */
  update(key: string, value: string, revision: number): Promise<number | null>;
  put(key: string, value: string): Promise<number>;
  /** Deletes a key; with a revision only if that is still the newest. False: it was not, and nothing was deleted. */
  delete(key: string, revision?: number): Promise<boolean>;
  /** Every present key that fits the filter (`run.*`), with its value. */
  list(filter: string): Promise<(BucketValue & { key: string })[]>;
  /** The present values that fit the filter, then every change, deletions included, until the signal is aborted. */
  watch(filter: string, signal: AbortSignal): AsyncIterable<BucketEntry>;
};

/** Opens a bucket that `ensureStreams` has made. */
export function openBucket(bus: Bus, name: string): Bucket {
  const stream = `KV_${name}`;
  const prefix = `$KV.${name}.`;
  const open = openOnce(() => new Kvm(bus.js).open(name, { bindOnly: true, allow_direct: true }));
  const call = <T>(doing: string, work: (kv: KV, attempt: number) => Promise<T>) =>
    bus.attempt(`${doing} in ${name}`, async (attempt) => work(await open(), attempt));

  const get = async (key: string): Promise<BucketValue | null> => {
    const entry = await call(`Reading ${key}`, (kv) => kv.get(key));
    return entry && entry.operation === "PUT" ? { value: entry.string(), revision: entry.revision } : null;
  };

  // A refusal after an attempt without an answer may be that attempt's own success.
  const compareAndSet = (key: string, value: string, revision: number, write: (kv: KV) => Promise<number>) =>
    call(`Writing ${key}`, async (kv, attempt) => {
      try {
        return await write(kv);
      } catch (thrown) {
        if (!hasApiCode(thrown, apiCodes.wrongLastSequence)) throw thrown;
        const present = attempt > 1 ? await get(key) : null;
        return present && present.value === value && present.revision > revision ? present.revision : null;
      }
    });

  return {
    get,
    create: (key, value) => compareAndSet(key, value, 0, (kv) => kv.create(key, value)),
    update: (key, value, revision) => compareAndSet(key, value, revision, (kv) => kv.update(key, value, revision)),
    put: (key, value) => call(`Writing ${key}`, (kv) => kv.put(key, value)),
    delete: (key, revision) =>
      call(`Deleting ${key}`, async (kv, attempt) => {
        try {
          await kv.delete(key, revision === undefined ? {} : { previousSeq: revision });
          return true;
        } catch (thrown) {
          if (!hasApiCode(thrown, apiCodes.wrongLastSequence)) throw thrown;
          // A refusal after an attempt without an answer may be that attempt's own success.
          return attempt > 1 && (await get(key)) === null;
        }
      }),
    list: async (filter) => {
      const found = new Map<string, BucketValue>();
      for await (const message of readStored(bus, { stream, filter: prefix + filter, lastPerSubject: true })) {
        const { key, value, revision } = entryOf(message, prefix);
        if (value === null) found.delete(key);
        else found.set(key, { value, revision });
      }
      return [...found].map(([key, value]) => ({ key, ...value }));
    },
    watch: async function* (filter, signal) {
      const reading = { stream, filter: prefix + filter, lastPerSubject: true, signal };
      for await (const message of readEvents(bus, reading)) yield entryOf(message, prefix);
    },
  };
}

function entryOf(message: StoredMessage, prefix: string): BucketEntry {
  const gone = Boolean(message.headers?.get("KV-Operation"));
  const value = gone ? null : new TextDecoder().decode(message.data);
  return { key: message.subject.slice(prefix.length), value, revision: message.seq };
}
