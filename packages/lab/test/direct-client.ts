import { createNetBoxClient, type NetBoxClient, type NetBoxClientOptions } from "@proxbox/netbox/client";
import { createLogger } from "@proxbox/runtime/log";
import type { SimulatedNetBox } from "../src/netbox/server.ts";

/** A client of a simulated NetBox without a bus: every request is let through at once, and nobody is told of it. */
export function clientOf(netbox: SimulatedNetBox, options: Partial<NetBoxClientOptions> = {}): NetBoxClient {
  return createNetBoxClient({
    url: netbox.url,
    authorization: `Token ${netbox.tokens.v1}`,
    verifyTls: true,
    permit: async (_, permitSignal, work) => work(permitSignal, 0),
    onSample: () => {},
    log: createLogger({ service: "test", replica: "test", level: "silent" }),
    ...options,
  });
}
