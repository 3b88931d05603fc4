import type { ObjectOutcome } from "@proxbox/contracts/messages";

/** A virtual machine as its label in results tells it: `web (qemu 100)`. */
export type MachineLabel = { name: string; type: "qemu" | "lxc"; vmid: number };

/** Takes the label of a virtual machine apart; null for another kind, and where the label says no more than a name. */
export function machineOf({ kind, name }: Pick<ObjectOutcome, "kind" | "name">): MachineLabel | null {
  const match = kind === "virtual-machine" ? /^(.*) \((qemu|lxc) (\d{1,10})\)$/s.exec(name) : null;
  return match && { name: match[1] ?? "", type: match[2] === "lxc" ? "lxc" : "qemu", vmid: Number(match[3]) };
}

/** What an object is called, without what a report adds to tell it from others of its name. */
export function nameOf(object: Pick<ObjectOutcome, "kind" | "name">): string {
  return machineOf(object)?.name ?? object.name;
}
