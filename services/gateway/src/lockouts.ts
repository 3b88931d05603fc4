import { createHash } from "node:crypto";
import type { Bucket } from "@proxbox/runtime/buckets";
import { attemptsLeft, type Failures, isLockedOut, withFailure } from "./auth.ts";

/** The failed logins, shared by all gateways and kept across their restarts. */
export type Lockouts = {
  isLocked(source: string, credential: string): Promise<boolean>;
  /** Counts a failure and tells how many attempts are left. */
  fail(source: string, credential: string): Promise<number>;
};

/** Opens the failed logins kept in PBX_LOCK, which forgets them by itself. Neither sources nor keys stand there in clear. */
export function openLockouts(bucket: Bucket): Lockouts {
  const read = async (key: string) => {
    const found = await bucket.get(key);
    return found && { failures: JSON.parse(found.value) as Failures, revision: found.revision };
  };
  return {
    isLocked: async (source, credential) => {
      const found = await read(nameOf(source));
      return isLockedOut(found?.failures ?? null, tagOf(credential), Date.now());
    },
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
