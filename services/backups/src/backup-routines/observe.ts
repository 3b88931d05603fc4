import type { Estate } from "@proxbox/estate/estates";
import { observeEndpoint } from "@proxbox/proxmox/observe-endpoint";
import { readBackupJobs } from "@proxbox/proxmox/resources/backup-jobs";
import { proxmoxOf } from "@proxbox/proxmox/session";
import type { StageContext } from "@proxbox/runtime/stage";
import { coveredBy } from "./covered.ts";
import type { CoveredJob } from "./desired.ts";

/** Reads the scheduled backups of an endpoint and which guests each covers. Throws ProxmoxAPIError as the client does. */
export async function observeRoutines(ctx: StageContext, { endpoint }: Estate): Promise<CoveredJob[]> {
  const [jobs, { listing }] = await Promise.all([
    readBackupJobs(proxmoxOf(ctx, endpoint), ctx.signal),
    observeEndpoint(ctx, endpoint),
  ]);
  return jobs.map((job) => ({ job, covered: coveredBy(job, listing.guests) }));
}
