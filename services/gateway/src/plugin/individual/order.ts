import type { RunOrder } from "@proxbox/contracts/http";
import { flagOf, optionsOf, type StageQuery } from "../stages/stage-query.ts";
import { guestOf, type IndividualKind } from "./kinds.ts";

/**
 * The run that brings one object in line: its own stage and those it rests on, of one Proxmox endpoint and, where it
 * belongs to a guest, of this guest alone. `auto_create_vm` and `auto_create_storage` (default: yes) leave out what makes
 * these. Pure. Throws RequestError 422 for a flag or branch that cannot be read.
 */
export function objectOrder(kind: IndividualKind, query: StageQuery, endpoint: number): RunOrder {
  const unwanted = [
    flagOf(query, "auto_create_vm") === false ? "virtual-machines" : null,
    flagOf(query, "auto_create_storage") === false ? "storage" : null,
  ];
  const own = kind.stages.at(-1);
  const vmid = guestOf(kind, query);
  return {
    // Where NetBox has nothing yet, stages side by side would both make the hosts that they rest on.
    mode: "strict",
    stages: kind.stages.filter((stage) => stage === own || kind.kind === "vm" || !unwanted.includes(stage)),
    options: { ...optionsOf(query), proxmox_endpoint_ids: [endpoint], ...(vmid === null ? {} : { vmids: [vmid] }) },
  };
}
