import { encode } from "@proxbox/contracts/envelope";
import { ThrottleSample } from "@proxbox/contracts/messages";
import { type PermitResource, throttleSubject } from "@proxbox/contracts/subjects";
import type { Bus } from "./bus.ts";

/** Tells the throttle controller how each NetBox request went. */
export type Samples = {
  /** Never waits and never throws: a sample that is lost costs nothing. */
  tell(sample: Omit<ThrottleSample, "replica">, resource?: PermitResource): void;
};

/** Creates the samples of a process; `replica` says whose they are. */
export function createSamples(bus: Bus, replica: string): Samples {
  return {
    tell: (sample, resource = "netbox") =>
      bus.tell(throttleSubject(resource), encode(ThrottleSample, { ...sample, replica })),
  };
}
