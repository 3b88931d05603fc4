import { createHash } from "node:crypto";
import type { Bucket } from "@proxbox/runtime/buckets";
import { attemptsLeft, type Failures, isLockedOut, withFailure } from "./auth.ts";
import { remember } from "./remember.ts";

/** The failed logins, shared by all gateways and kept across their restarts. */
export type Lockouts = {
  isLocked(source: string, credential: string): Promise<boolean>;
  /**
   * The same as it was at most two seconds ago: for callers whose key is right, so that each of their requests costs no read.
   */
  seemsLocked(source: string, credential: string): Promise<boolean>;
  /** Counts a failure and tells how many attempts are left. */
  fail(source: string, credential: string): Promise<number>;
};

/** Opens the failed logins kept in PBX_LOCK, which forgets them by itself. Neither sources nor keys stand there in clear. */
export function openLockouts(bucket: Bucket): Lockouts {
  const read = async (key: string) => {
    const found = await bucket.get(key);
    return found && { failures: JSON.parse(found.value) as Failures, revision: found.revision };
  };
  const known = remember(read, { ttlMs: 2_000, most: 1_000 });
  const isLocked = async (found: ReturnType<typeof read>, credential: string) =>
    isLockedOut((await found)?.failures ?? null, tagOf(credential), Date.now());
  return {
    isLocked: (source, credential) => isLocked(read(nameOf(source)), credential),
    seemsLocked: (source, credential) => isLocked(known.get(nameOf(source)), credential),
    fail: async (source, credential) => {
      for (;;) {
        const found = await read(nameOf(source));
        const failures = withFailure(found?.failures ?? null, tagOf(credential), Date.now());
        const text = JSON.stringify(failures);
        const stored = found
          ? await bucket.update(nameOf(source), text, found.revision)
          : await bucket.create(nameOf(source), text);
        if (stored !== null) return attemptsLeft(failures, tagOf(credential), Date.now());
      }
    },
  };
}

function nameOf(source: string): string {
  return `source.${tagOf(source)}`;
}

function tagOf(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 24);
}
