import { tables } from "../seen-tables.ts";
import { backupsOf } from "./backups.ts";
import { disksOf } from "./disks.ts";
import { type Circumstances, merged, type Shown, type Truth } from "./form.ts";
import { guestNetworkOf } from "./guest-network.ts";
import { hostsOf } from "./hosts.ts";
import { jobsOf } from "./jobs.ts";
import { machinesOf } from "./machines.ts";
import { nodeNetworkOf } from "./node-network.ts";
import { snapshotsOf } from "./snapshots.ts";
import { supportOf } from "./support.ts";
import { slugsOf } from "./tags.ts";
import { tasksOf } from "./tasks.ts";

/**
 * What NetBox should hold of these endpoints after a run into an empty NetBox, read from the estate alone and in the
 * plainest way, so that it shares no mistake with the code it judges. Guests of nodes that are offline are left out:
 * nothing is known of them. Fields that later depend on history are for the test to change.
 */
export function truthOf(shown: readonly Shown[], circumstances: Circumstances = {}): Truth {
  const slugs = slugsOf(shown);
  const ofEndpoint = [hostsOf, disksOf, backupsOf, snapshotsOf, tasksOf, jobsOf, nodeNetworkOf, guestNetworkOf];
  return merged(
    Object.fromEntries(Object.keys(tables).map((path) => [path, {}])),
    supportOf(shown),
    ...shown.map((one) => machinesOf(one, slugs, circumstances)),
    ...shown.flatMap((one) => ofEndpoint.map((of) => of(one))),
  );
}
