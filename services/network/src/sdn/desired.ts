import type { Desired } from "@proxbox/netbox/desired";
import { desiredBindings } from "./bindings.ts";
import type { SdnFacts, SdnOwner } from "./facts.ts";
import { desiredOverlay, type SdnScope } from "./overlay.ts";
import { desiredTables } from "./tables.ts";

/**
 * Everything NetBox should hold of an endpoint's software-defined network: its own objects, the plugin's rows, and which
 * of them belong together. Pure. Objects of the plugin netbox-bgp (sessions, policies, communities) are not among it.
 */
export function desiredSdn(sdn: SdnFacts, owner: SdnOwner, scope: SdnScope): Desired[] {
  return [
    ...desiredOverlay(sdn, owner, scope),
    ...desiredTables(sdn, owner, scope),
    ...desiredBindings(sdn, owner, scope),
  ];
}
