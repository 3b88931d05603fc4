import type { RunOrder } from "@proxbox/contracts/http";

/** Asks for the run of an order, and tells its id. */
export type Begin = (order: RunOrder) => Promise<string>;

/** The most guests that one run may name. */
const mostGuests = 100;

type Open = { vmids: Set<number>; run: Promise<string> };

/**
 * Puts orders together that come at the same time and differ in their guests at most, into one run for all of these: a
 * batch of the plugin asks for eight objects at once, and runs wait for each other.
 * @param windowMs how long the first of them waits for others
 */
export function gathering(begin: Begin, windowMs: number): Begin {
  const open = new Map<string, Open>();
  return (order) => {
    const { vmids = [], ...options } = order.options ?? {};
    // A run of no guest in particular must not become one of those that others asked for.
    const key = JSON.stringify([order.stages, options, vmids.length > 0]);
    const present = open.get(key);
    if (present && present.vmids.size + vmids.length <= mostGuests) {
      for (const vmid of vmids) present.vmids.add(vmid);
      return present.run;
    }
    const gathered = new Set(vmids);
    const run = Bun.sleep(windowMs).then(() => {
      if (open.get(key)?.run === run) open.delete(key);
      return begin({ ...order, options: { ...options, ...(gathered.size > 0 ? { vmids: [...gathered] } : {}) } });
    });
    open.set(key, { vmids: gathered, run });
    return run;
  };
}
