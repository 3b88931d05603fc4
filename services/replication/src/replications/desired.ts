import type { Desired, Ref } from "@proxbox/netbox/desired";
import { oursTag } from "@proxbox/netbox/tags";
import { labelOf, type OwnReplication, type ReplicationPlace } from "./facts.ts";

/** What the plugin's replication table should hold for one job. Pure. A job that is switched off stays an active row. */
export function desiredReplication({ job, machine, row }: OwnReplication, place: ReplicationPlace): Desired {
  const endpoint: Ref = { kind: "proxmox-endpoint", id: place.endpoint };
  const node = place.nodes[job.target] ?? null;
  return {
    kind: "replication",
    ...(row === null ? {} : { id: row }),
    identity: { endpoint, replication_id: job.id },
    values: {
      endpoint,
      virtual_machine: { kind: "virtual-machine", id: machine.id } satisfies Ref,
      proxmox_node: node === null ? null : ({ kind: "proxmox-node", id: node } satisfies Ref),
      guest: job.guest,
      target: job.target,
      job_type: "local",
      schedule: job.schedule,
      rate: job.rate,
      comment: job.comment,
      disable: job.disabled,
      source: job.source,
      jobnum: job.jobnum,
      remove_job: job.removeJob,
      status: "active",
      raw_config: job.raw,
    },
    tags: { add: [oursTag] },
    parent: machine.name,
    label: labelOf(machine, job.id),
  };
}
