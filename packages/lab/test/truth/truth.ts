import { type Circumstances, merged, type Shown, type Truth } from "./form.ts";
import { hostsOf } from "./hosts.ts";
import { machinesOf } from "./machines.ts";
import { supportOf } from "./support.ts";
import { slugsOf } from "./tags.ts";

/**
 * What NetBox should hold of these endpoints after a run into an empty NetBox, read from the estate alone and in the
 * plainest way, so that it shares no mistake with the code it judges. Guests of nodes that are offline are left out:
 * nothing is known of them. Fields that later depend on history are for the test to change.
 */
export function truthOf(shown: readonly Shown[], circumstances: Circumstances = {}): Truth {
  const slugs = slugsOf(shown);
  return merged(supportOf(shown), ...shown.map(hostsOf), ...shown.map((one) => machinesOf(one, slugs, circumstances)));
}
