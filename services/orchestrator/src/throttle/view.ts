import { settingKeys } from "@proxbox/contracts/endpoints";
import type { ThrottleView } from "@proxbox/contracts/messages";
import { names } from "@proxbox/contracts/streams";
import type { PermitResource } from "@proxbox/contracts/subjects";
import { openBucket } from "@proxbox/runtime/buckets";
import type { Bus } from "@proxbox/runtime/bus";
import type { Control } from "./controller.ts";
import type { Seen } from "./lever.ts";
import type { Meter } from "./meter.ts";

const everyMs = 1_000;

/** Shows what the controller of a resource does in PBX_CFG: about once a second, when there is something new. */
export function createViewTeller(bus: Bus, resource: PermitResource, controller: string) {
  const settings = openBucket(bus, names.settings);
  let shown = "";
  let next = 0;
  return async (state: Control, seen: Seen, meter: Meter, at: number): Promise<void> => {
    if (at < next) return;
    next = at + everyMs - 100;
    const view: Omit<ThrottleView, "at"> = {
      resource,
      limit: state.limit,
      ...state.bounds,
      inFlight: seen.inFlight,
      waiting: seen.waiting,
      ...meter.read(at),
      last: { ...state.last, at: new Date(state.last.at).toISOString() },
      controller,
    };
    const text = JSON.stringify(view);
    if (text === shown) return;
    const value: ThrottleView = { ...view, at: new Date(at).toISOString() };
    await settings.put(settingKeys.throttle(resource), JSON.stringify(value));
    shown = text;
  };
}
