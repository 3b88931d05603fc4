/** Who holds and who waits; an owner is one request. */
type Owner = object;

type Waiting = { readonly owner: Owner; readonly go: () => void };

/** Places that only so many may take at once; the rest queue in order. */
export type Places = { take(): Promise<void>; free(): void; waiting(): number };

/** So many places. */
export const createPlaces = (places: number): Places => {
  const queue: (() => void)[] = [];
  let left = places;
  return {
    take: () => {
      if (left > 0) {
        left -= 1;
        return Promise.resolve();
      }
      return new Promise((resolve) => queue.push(resolve));
    },
    free: () => {
      const next = queue.shift();
      if (next) next();
      else left += 1;
    },
    waiting: () => queue.length,
  };
};

/** Row locks as PostgreSQL has them: held to the end of the transaction, one holder each. */
export type RowLocks = {
  /** Waits for a lock; false when that is a deadlock, found after the timeout as PostgreSQL does. */
  take(owner: Owner, key: string): Promise<boolean>;
  /** Lets go of everything an owner holds. */
  release(owner: Owner): void;
};

/** No locks held. */
export const createRowLocks = (deadlockTimeout: number): RowLocks => {
  const holders = new Map<string, Owner>();
  const waiters = new Map<string, Waiting[]>();
  const waitsFor = new Map<Owner, string>();
  const held = new Map<Owner, Set<string>>();

  const hold = (owner: Owner, key: string) => {
    holders.set(key, owner);
    held.set(owner, (held.get(owner) ?? new Set()).add(key));
  };

  const inCycle = (owner: Owner): boolean => {
    const seen = new Set<Owner>();
    let at: Owner | undefined = owner;
    while (at && !seen.has(at)) {
      seen.add(at);
      const key = waitsFor.get(at);
      at = key === undefined ? undefined : holders.get(key);
    }
    return at === owner;
  };

  const leaveQueue = (owner: Owner, key: string) => {
    const rest = (waiters.get(key) ?? []).filter((entry) => entry.owner !== owner);
    waiters.set(key, rest);
    waitsFor.delete(owner);
  };

  const wait = (owner: Owner, key: string): Promise<boolean> =>
    new Promise((resolve) => {
      const timer = setTimeout(() => {
        if (!inCycle(owner)) return;
        leaveQueue(owner, key);
        resolve(false);
      }, deadlockTimeout);
      const go = () => {
        clearTimeout(timer);
        waitsFor.delete(owner);
        hold(owner, key);
        resolve(true);
      };
      waitsFor.set(owner, key);
      waiters.set(key, [...(waiters.get(key) ?? []), { owner, go }]);
    });

  return {
    take: (owner, key) => {
      const holder = holders.get(key);
      if (holder === owner) return Promise.resolve(true);
      if (holder) return wait(owner, key);
      hold(owner, key);
      return Promise.resolve(true);
    },
    release: (owner) => {
      for (const key of held.get(owner) ?? []) {
        holders.delete(key);
        const [next, ...rest] = waiters.get(key) ?? [];
        if (rest.length > 0) waiters.set(key, rest);
        else waiters.delete(key);
        next?.go();
      }
      held.delete(owner);
    },
  };
};
