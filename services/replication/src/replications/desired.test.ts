import { describe, expect, test } from "bun:test";
import { type ReplicationJob, replicationOf } from "@proxbox/proxmox/resources/replication";
import { desiredReplication } from "./desired.ts";

const place = { endpoint: 2, nodes: { pve1: 11, pve2: 12 } };
const machine = { id: 7, name: "web", vmid: 100 };
const desired = (row: Record<string, unknown>) => {
  const job = replicationOf({
    id: "100-0",
    guest: 100,
    jobnum: 0,
    target: "pve2",
    type: "local",
    ...row,
  }) as ReplicationJob;
  return desiredReplication({ job, machine, row: null }, place);
};

describe("desiredReplication", () => {
  const cases: { what: string; row: Record<string, unknown>; values: Record<string, unknown> }[] = [
    {
      what: "the first job of a guest has the number 0; without a schedule it runs every quarter of an hour",
      row: {},
      values: {
        guest: 100,
        jobnum: 0,
        target: "pve2",
        job_type: "local",
        schedule: "*/15",
        rate: null,
        comment: "",
        disable: false,
        source: null,
        remove_job: null,
        status: "active",
        endpoint: { kind: "proxmox-endpoint", id: 2 },
        virtual_machine: { kind: "virtual-machine", id: 7 },
        proxmox_node: { kind: "proxmox-node", id: 12 },
      },
    },
    {
      what: "what Proxmox says, texts for numbers included",
      row: { jobnum: "1", schedule: "22:00", rate: "10.5", comment: "off-site", source: "pve1", remove_job: "full" },
      values: { jobnum: 1, schedule: "22:00", rate: 10.5, comment: "off-site", source: "pve1", remove_job: "full" },
    },
    {
      what: "a job that is switched off is there all the same",
      row: { disable: 1 },
      values: { disable: true, status: "active" },
    },
    {
      what: "a target that the plugin does not know",
      row: { target: "pve9" },
      values: { proxmox_node: null, target: "pve9" },
    },
  ];
  for (const { what, row, values } of cases) test(what, () => expect(desired(row).values).toMatchObject(values));

  test("it stands under its endpoint; an operator's tags stay, and no digest is written", () => {
    const wanted = desired({ digest: "abc" });
    expect(wanted).toMatchObject({
      identity: { endpoint: { kind: "proxmox-endpoint", id: 2 }, replication_id: "100-0" },
      tags: { add: ["proxbox"] },
      label: "web (vmid 100) 100-0",
    });
    expect(wanted.values.raw_config).not.toHaveProperty("digest");
  });
});
