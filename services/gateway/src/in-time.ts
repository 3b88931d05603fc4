import { unavailable } from "./errors.ts";

type Asynchronous = Record<string, (...args: never[]) => Promise<unknown>>;

/**
 * The same store, for callers who do not wait for ever: what takes longer than `ms` is answered with RequestError 503, while
 * the bus goes on trying.
 */
export function inTime<T extends Asynchronous>(store: T, ms: number): T {
  const bounded = Object.entries(store).map(([name, call]) => [
    name,
    async (...args: never[]) => {
      const late = Promise.withResolvers<never>();
      const refuse = () =>
        late.reject(unavailable("The message bus (nats-server) does not answer in time; try again."));
      const timer = setTimeout(refuse, ms);
      try {
        return await Promise.race([call(...args), late.promise]);
      } finally {
        clearTimeout(timer);
      }
    },
  ]);
  return Object.fromEntries(bounded);
}
