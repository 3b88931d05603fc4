import type { PluginEndpoint } from "./endpoint-rows.ts";
import { readCluster, readFirewallSummary, readModels, readNodeRules, readTemplates } from "./local-reads.ts";
import type { Plugin } from "./plugin-client.ts";
import { nodeNames, storeCluster } from "./plugin-rows.ts";
import { ShapeError } from "./shapes.ts";

/** What the plugin reads itself before it asks for stages. */
type LocalKind = "cluster" | "firewall" | "datacenter" | "vm_template";

/** What a read of an endpoint came to: null when it went well, otherwise what the job's page says. */
export type PhaseReport = { kind: LocalKind; endpoint: number; failure: string | null };

/** Where reads are noted. */
type Notes = { phases: PhaseReport[]; warnings: string[] };

/** An endpoint with its id at the backend. */
type Known = { endpoint: PluginEndpoint; id: number };

/** Reads cluster and nodes of each endpoint and stores them. Throws ShapeError, which ends a job. */
export async function readClusters(plugin: Plugin, endpoints: readonly PluginEndpoint[], notes: Notes): Promise<void> {
  for (const endpoint of endpoints) {
    const id = await plugin.push.resolve(endpoint);
    const read = typeof id === "string" ? id : await readCluster(plugin.backend, id);
    if (typeof read !== "string") storeCluster(plugin.netbox, endpoint, read, read.details);
    note(notes, "cluster", endpoint, typeof read === "string" ? read : null);
  }
}

/** Reads the firewall of each cluster and node. */
export function readFirewalls(plugin: Plugin, endpoints: readonly PluginEndpoint[], notes: Notes): Promise<void> {
  const { backend, netbox } = plugin;
  return readTogether(plugin, endpoints, notes, "firewall", async (scope) => {
    const read = await readFirewallSummary(backend, idsOf(scope));
    if (typeof read === "string") return read;
    for (const { endpoint, id } of scope) {
      for (const node of nodeNames(netbox, endpoint)) {
        const rules = await readNodeRules(backend, id, node);
        if (typeof rules === "string") notes.warnings.push(rules);
      }
    }
    return null;
  });
}

/** Reads the CPU models of each cluster. */
export function readCpuTables(plugin: Plugin, endpoints: readonly PluginEndpoint[], notes: Notes): Promise<void> {
  return readTogether(plugin, endpoints, notes, "datacenter", async (scope) => {
    const read = await readModels(plugin.backend, idsOf(scope));
    return typeof read === "string" ? read : null;
  });
}

/** Reads the templates of each endpoint; one whose configuration cannot be had is warned of and kept. */
export async function readTemplateTables(
  plugin: Plugin,
  endpoints: readonly PluginEndpoint[],
  notes: Notes,
): Promise<void> {
  for (const endpoint of endpoints) {
    const id = await plugin.push.resolve(endpoint);
    const read = typeof id === "string" ? id : await readTemplates(plugin.backend, id);
    note(notes, "vm_template", endpoint, typeof read === "string" ? read : null);
    for (const { vmid, config } of typeof read === "string" ? [] : read)
      if (config === null) notes.warnings.push(`The configuration of template ${vmid} could not be read.`);
  }
}

/** Why a read failed, as the end of a job tells it. */
export function phaseText({ kind, endpoint, failure }: PhaseReport): string {
  return `${labels[kind]} for endpoint ${endpoint}: ${failure ?? "unknown error"}`;
}

const labels: Record<LocalKind, string> = {
  cluster: "Cluster/node sync",
  firewall: "Firewall sync",
  datacenter: "Datacenter sync",
  vm_template: "VM template sync",
};

/**
 * Asks for all endpoints together in 0.0.24, for each by itself from 0.0.29 on. There an answer of the wrong shape fails the
 * read; in 0.0.24 it ends the job (ShapeError).
 */
async function readTogether(
  plugin: Plugin,
  endpoints: readonly PluginEndpoint[],
  notes: Notes,
  kind: LocalKind,
  read: (scope: readonly Known[]) => Promise<string | null>,
): Promise<void> {
  const known: Known[] = [];
  for (const endpoint of endpoints) {
    const id = await plugin.push.resolve(endpoint);
    if (typeof id === "string") note(notes, kind, endpoint, id);
    else known.push({ endpoint, id });
  }
  const isFormer = plugin.release === "0.0.24";
  for (const scope of isFormer ? [known] : known.map((one) => [one])) {
    if (scope.length === 0) continue;
    const failure = await read(scope).catch((error) => {
      if (error instanceof ShapeError && !isFormer) return error.message;
      throw error;
    });
    for (const { endpoint } of scope) note(notes, kind, endpoint, failure);
  }
}

function note({ phases }: Notes, kind: LocalKind, { pk }: PluginEndpoint, failure: string | null): void {
  phases.push({ kind, endpoint: pk, failure });
}

function idsOf(scope: readonly Known[]): number[] {
  return scope.map(({ id }) => id);
}
