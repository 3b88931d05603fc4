import { type ObjectStore, Objm, setSha256Backend } from "@nats-io/obj";
import type { BlobReference } from "@proxbox/contracts/messages";
import { blobStore } from "@proxbox/contracts/streams";
import type { Bus } from "./bus.ts";
import { ProxboxError } from "./errors.ts";
import { openOnce } from "./open-once.ts";

/** JSON documents that are too big for a message; kept for 7 days. */
export type Blobs = {
  /** Stores a value under a name, replacing what was there. */
  putJson(name: string, value: unknown): Promise<BlobReference>;
  /**
   * Reads the value of a name; null when there is none (any more). Throws ProxboxError `blob_unreadable` when it is no
   * JSON.
   */
  getJson(name: string): Promise<unknown>;
  /** The names that begin with a prefix, and when each was stored. Lists the whole store: not for a hot path. */
  list(prefix: string): Promise<{ name: string; storedAt: Date; bytes: number }[]>;
};

// The client's own SHA-256 is JavaScript: measured, 8 % of what a service spends on 10,000 guests.
setSha256Backend("native");

/** Opens the object store that `ensureStreams` has made. */
export function openBlobs(bus: Bus): Blobs {
  const open = openOnce(() => new Objm(bus.js).open(blobStore.name, false));
  const call = <T>(doing: string, work: (store: ObjectStore) => Promise<T>) =>
    bus.attempt(doing, async () => work(await open()));
  return {
    putJson: async (name, value) => {
      const bytes = new TextEncoder().encode(JSON.stringify(value));
      const { digest } = await call(`Storing ${name}`, (store) => store.putBlob({ name }, bytes, { timeout: 5_000 }));
      return { bucket: blobStore.name, name, digest };
    },
    getJson: async (name) => {
      const bytes = await call(`Reading ${name}`, (store) => store.getBlob(name));
      if (!bytes) return null;
      try {
        return JSON.parse(new TextDecoder().decode(bytes));
      } catch (cause) {
        throw new ProxboxError("blob_unreadable", `The stored document ${name} is no JSON.`, { cause });
      }
    },
    list: async (prefix) => {
      const infos = await call(`Listing ${prefix}`, (store) => store.list());
      return infos
        .filter((info) => info.name.startsWith(prefix) && !info.deleted)
        .map((info) => ({ name: info.name, storedAt: new Date(info.mtime), bytes: info.size }));
    },
  };
}
