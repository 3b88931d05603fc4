import { leaseKeys } from "@proxbox/contracts/endpoints";
import { decode } from "@proxbox/contracts/envelope";
import { ThrottleSample } from "@proxbox/contracts/messages";
import { names } from "@proxbox/contracts/streams";
import { throttleSubject } from "@proxbox/contracts/subjects";
import { openBucket } from "@proxbox/runtime/buckets";
import type { Bus } from "@proxbox/runtime/bus";
import { holdLease } from "@proxbox/runtime/lease";
import type { Metrics } from "@proxbox/runtime/metrics";
import { sleep } from "@proxbox/runtime/retry";
import { type Bounds, type ControlEvent, control, startControl } from "./controller.ts";
import { createLever } from "./lever.ts";
import { createMeter } from "./meter.ts";
import { createViewTeller } from "./view.ts";

/** Who controls, and between which limits. */
export type ThrottleOptions = { replica: string; bounds: Bounds; metrics: Metrics };

const resource = "netbox";
const windowMs = 500;

/**
 * Brings the limit that stands between its bounds, for the start of an orchestrator: before it orders any work, the limit
 * of a new bus, or of other settings, must not be in force for a moment.
 */
export async function keepWithin(bus: Bus, { bounds, metrics }: Omit<ThrottleOptions, "replica">): Promise<void> {
  const lever = createLever(bus, resource, metrics);
  const { limit } = await lever.read();
  const wanted = startControl(limit, bounds, Date.now()).limit;
  if (wanted === limit) return;
  lever.set(wanted);
  await lever.settled();
}

/**
 * Controls how many NetBox requests are in flight, over all processes, until the signal is aborted. One orchestrator does
 * at a time, by lease; while none does, the limit stays as it is.
 */
export async function runThrottle(bus: Bus, options: ThrottleOptions, signal: AbortSignal): Promise<void> {
  let term: AbortController | null = null;
  let reign: Promise<void> = Promise.resolve();
  await holdLease(openBucket(bus, names.leases), leaseKeys.throttle, options.replica, {
    signal,
    onGain: () => {
      const mine = new AbortController();
      term = mine;
      bus.log.info({ event: "lease.gained", lease: leaseKeys.throttle }, "This process controls the throttle.");
      reign = reign
        .then(() => reignOver(bus, options, mine.signal))
        .catch((error) => bus.log.error({ event: "throttle.failed", err: error }, "The throttle is not controlled."));
    },
    onLose: () => {
      term?.abort();
      bus.log.info({ event: "lease.lost", lease: leaseKeys.throttle }, "This process controls the throttle no more.");
    },
  });
  await reign;
}

/** Only who reigns listens to samples: with those of another's time the limit would be cut for what is long past. */
async function reignOver(bus: Bus, options: ThrottleOptions, term: AbortSignal): Promise<void> {
  if (term.aborted) return;
  const meter = createMeter();
  const lever = createLever(bus, resource, options.metrics);
  let state = startControl((await lever.read()).limit, options.bounds, Date.now());
  const hear = (event: ControlEvent) => {
    const before = state.limit;
    state = control(state, event);
    if (state.limit === before) return;
    lever.set(state.limit);
    const { action, why } = state.last;
    bus.log.info({ event: "throttle.changed", resource, limit: state.limit, action }, why);
  };
  const subscription = bus.nc.subscribe(throttleSubject(resource), {
    callback: (_error, message) => {
      const sample = message && sampleOf(message.data);
      if (!sample || term.aborted) return;
      const at = Date.now();
      meter.add(sample, at);
      hear({ type: "sample", at, sample });
    },
  });
  const tellView = createViewTeller(bus, resource, options.replica);
  try {
    while (!term.aborted) {
      await sleep(windowMs, term).catch(() => {});
      const seen = await lever.read();
      if (term.aborted) break;
      const at = Date.now();
      hear({ type: "window", at, saturated: seen.waiting > 0 });
      // Also when somebody else has changed it, or the change was lost.
      if (seen.limit !== state.limit) lever.set(state.limit);
      await tellView(state, seen, meter, at);
    }
  } finally {
    subscription.unsubscribe();
    await lever.settled();
  }
}

function sampleOf(data: Uint8Array): ThrottleSample | null {
  try {
    return decode(ThrottleSample, data);
  } catch {
    return null;
  }
}
