import type { KnownRow } from "@proxbox/netbox/desired";
import type { HostBinding } from "@proxbox/netbox/hosts/bind";
import type { HostFacts } from "@proxbox/netbox/hosts/facts";
import type { Guest } from "@proxbox/proxmox/resources/listing";
import type { NameAnswer } from "./names.ts";
import type { PresentRole } from "./roles.ts";

/** A guest's configuration in plain words. */
export type GuestConfig = {
  onboot: boolean;
  unprivileged: boolean | null;
  agent: boolean | null;
  searchDomain: string;
  tags: string[];
  note: { description: string; comments: string } | null;
  /** Ids of NetBox objects that the guest's note asks for. */
  metadata: Readonly<Record<string, number>>;
  /** What of it cannot be used, a sentence each. */
  noteFaults: readonly string[];
  diskMebibytes: number | null;
  ostype: string;
  /** Name of the operating system; null when Proxmox does not say. */
  platform: string | null;
  cloudInit: { ciuser: string; sshkeys: string; ipconfig0: string; sshkeysTruncated: boolean } | null;
};

/** A guest with what was settled for it before its configuration is read: its machine in NetBox and its name there. */
export type PlannedGuest = {
  guest: Guest;
  name: string;
  /** Why it has this name. */
  nameReason: NameAnswer["reason"];
  vm: number | null;
  /** Its machine has given up the name it had for another's, and waits for its own. */
  steppedAside: boolean;
  /** NetBox keeps the sum of a machine's disks itself once it has any. */
  hasDisks: boolean;
  /** Id of its cloud-init row in NetBox. */
  cloudInit: number | null;
  /** The Proxmox tags we put on it before. */
  previousTags: string[];
  /** The role NetBox has for its machine and the one we wrote last; null: it has no machine yet. */
  presentRole: PresentRole | null;
  /** Id of the role it is to have, if one was chosen. */
  defaultRole: number | null;
};

/** One item of the stage: up to fifty guests of one endpoint. */
export type GuestBatch = {
  /** Under which key later stages find what is observed of these guests. */
  chunk: string;
  facts: HostFacts;
  binding: HostBinding;
  guests: PlannedGuest[];
  /** The slug of each Proxmox tag, as settled for the whole run. */
  tagSlugs: Record<string, string>;
  /** Address of the endpoint's web page, without a slash at the end; "" when NetBox would not take it as a link. */
  webUrl: string;
  /** Whether NetBox knows types of virtual machines (4.6 on). */
  vmTypes: boolean;
  /** The types and roles of machines, found or made while the items were listed, and the platforms that were there. */
  support: KnownRow[];
};

/** How a guest is called in reports. */
export function labelOf(plan: PlannedGuest): string {
  return `${plan.name} (${plan.guest.type} ${plan.guest.vmid})`;
}
