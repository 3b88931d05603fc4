import { mostChosenGuests, overwriteFlags, type SyncOptionsInput } from "@proxbox/contracts/sync-options";
import { checkTemplate } from "../../endpoints/endpoint-rules.ts";
import { invalidField, RequestError } from "../../errors.ts";
import { truthOf } from "../../http/truth.ts";
import { idsIn, isId } from "../ids.ts";
import type { SelectionQuery } from "../selection.ts";

/** The query of a stage: the last value of each parameter. What is not known is ignored. */
export type StageQuery = SelectionQuery & Readonly<Record<string, string | undefined>>;

/** Parameters that are options of a run under the same name. */
const flags = [
  ...Object.keys(overwriteFlags),
  "use_guest_agent_interface_name",
  "ignore_ipv6_link_local_addresses",
  "parse_description_metadata",
  "delete_nonexistent_backup",
  "delete_nonexistent_snapshot",
];
const choices: Record<string, readonly string[]> = {
  vm_interface_sync_strategy: ["guest_os_model", "legacy_rename"],
  primary_ip_preference: ["ipv4", "ipv6"],
};
/** One for each `sync_mode_` of a run. The plugin also sends sync_mode_sdn_bgp; BGP is not synchronised. */
const modes = ["cluster", "node", "storage", "vm", "vm_template", "vm_interface", "mac", "ip_address", "sdn"];
const knownModes = ["always", "bootstrap_only", "disabled"];
/** Truth values that callers send and that change nothing here. */
const ignoredFlags = ["custom_fields_enabled", "use_css", "use_websocket"];

/** What a truth value of the query says; null: it is not given. Throws RequestError 422. */
export function flagOf(query: StageQuery, name: string): boolean | null {
  const text = query[name];
  if (text === undefined) return null;
  const value = truthOf(text.trim());
  if (value === null) throw invalidField(["query", name], "It must be true or false.", text);
  return value;
}

/** The options that a query gives, apart from what it chooses. Pure. Throws RequestError 422. */
export function optionsOf(query: StageQuery): SyncOptionsInput {
  for (const name of ignoredFlags) flagOf(query, name);
  const found: [string, unknown][] = [];
  for (const name of flags) {
    const value = flagOf(query, name);
    if (value !== null) found.push([name, value]);
  }
  for (const [name, allowed] of Object.entries(choices)) {
    const value = query[name];
    if (value === undefined) continue;
    if (!allowed.includes(value)) throw invalidField(["query", name], `It must be ${allowed.join(" or ")}.`, value);
    found.push([name, value]);
  }
  for (const mode of modes) {
    const name = `sync_mode_${mode}`;
    const value = query[name]?.trim().toLowerCase();
    // A mode that nobody knows means the usual one: a newer plugin must not be turned away.
    if (value !== undefined) found.push([name, knownModes.includes(value) ? value : "always"]);
  }
  const options: SyncOptionsInput = Object.fromEntries(found);
  if (flagOf(query, "sync_vm_interface_macs") === false) options.sync_mode_mac = "disabled";
  // Wherever it is sent: who asks for a preview does not want half of it written.
  if (flagOf(query, "dry_run")) options.dry_run = true;
  return { ...options, ...branchOf(query), ...templateOf(query) };
}

/** Checks how many reads at once a caller wishes for; the system decides that by itself. Throws RequestError 422. */
export function checkConcurrency(query: StageQuery, atLeastOne: boolean): void {
  const text = query.fetch_max_concurrency?.trim();
  if (text === undefined) return;
  const loc = ["query", "fetch_max_concurrency"];
  if (!/^[+-]?\d{1,15}$/.test(text)) throw invalidField(loc, "It must be a whole number.", text);
  if (atLeastOne && Number(text) < 1) throw invalidField(loc, "It must be at least 1.", text);
}

/**
 * The chosen machines by their NetBox ids: that of the path before those of the query. Pure.
 * Throws RequestError 422; for the list its detail is a sentence, which is what plugins show.
 */
export function machinesOf(query: StageQuery, machine: string | undefined): Pick<SyncOptionsInput, "netbox_vm_ids"> {
  if (machine !== undefined) {
    if (!isId(machine)) throw invalidField(["path", "netbox_vm_id"], "It must be a positive number.", machine);
    return { netbox_vm_ids: [Number(machine)] };
  }
  const list = query.netbox_vm_ids;
  if (list === undefined) return {};
  return { netbox_vm_ids: idsIn("netbox_vm_ids", list, mostChosenGuests, refused) };
}

/** The guests with one Proxmox number. Throws RequestError 422. */
export function guestsOf(query: StageQuery): Pick<SyncOptionsInput, "vmids"> {
  const text = query.vmid?.trim();
  if (!text) return {};
  if (!isId(text)) throw invalidField(["query", "vmid"], "It must be a positive number.", text);
  return { vmids: [Number(text)] };
}

function branchOf({ netbox_branch_schema_id: sent }: StageQuery): SyncOptionsInput {
  const branch = sent?.trim();
  if (!branch) return {};
  if (!/^[A-Za-z0-9_]{1,64}$/.test(branch)) {
    const sentence = "It must be the schema id of a NetBox branch: letters, digits and _.";
    throw invalidField(["query", "netbox_branch_schema_id"], sentence, branch);
  }
  return { netbox_branch_schema_id: branch };
}

function templateOf({ node_device_name_template: sent }: StageQuery): SyncOptionsInput {
  const template = sent?.trim();
  if (!template) return {};
  const loc = ["query", "node_device_name_template"];
  if (template.length > 255) throw invalidField(loc, "It must have at most 255 characters.");
  checkTemplate(template, loc);
  return { node_device_name_template: template };
}

function refused(sentence: string): RequestError {
  return new RequestError(422, "invalid_request", sentence);
}
