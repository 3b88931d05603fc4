import type { Logger } from "./log.ts";

/** Values that are made once per process: clients, caches. Disposed together, in reverse order. */
export type Shared = AsyncDisposable & { get<T>(key: string, create: () => T): T };

/** Creates the shared values of a process. */
export function createShared(log: Logger): Shared {
  const values = new Map<string, unknown>();
  return {
    get: <T>(key: string, create: () => T): T => {
      if (!values.has(key)) values.set(key, create());
      return values.get(key) as T;
    },
    [Symbol.asyncDispose]: async () => {
      for (const [key, value] of [...values].reverse()) {
        try {
          await dispose(value);
        } catch (error) {
          log.warn({ event: "service.stopping", shared: key, err: error }, "A shared value could not be disposed.");
        }
      }
      values.clear();
    },
  };
}

async function dispose(value: unknown): Promise<void> {
  if (value === null || typeof value !== "object") return;
  if (Symbol.asyncDispose in value) await (value as AsyncDisposable)[Symbol.asyncDispose]();
  else if (Symbol.dispose in value) (value as Disposable)[Symbol.dispose]();
}
