import type { ObjectOutcome } from "@proxbox/contracts/messages";
import type { SyncOptions } from "@proxbox/contracts/sync-options";
import type { NetBoxClient } from "../client.ts";
import { createOnly, type Desired } from "../desired.ts";
import { reconcile } from "../reconcile.ts";
import { bindHosts, type HostBinding } from "./bind.ts";
import { desiredHosts, siteRef } from "./desired.ts";
import type { HostFacts } from "./facts.ts";
import { judgeGoneNodes } from "./gone.ts";
import { readPluginSettings } from "./plugin-settings.ts";
import { readHostRows } from "./read.ts";
import { supportOfHosts } from "./support.ts";
import type { ConfiguredEndpoint } from "./twins.ts";

/**
 * Finds which NetBox objects stand for these hosts; writes nothing. Throws NetBoxAPIError as the client does.
 * @param configured every enabled endpoint, so that one that was not asked keeps what it holds
 */
export async function placeHosts(
  client: NetBoxClient,
  all: HostFacts[],
  configured: readonly ConfiguredEndpoint[],
  signal: AbortSignal,
): Promise<HostBinding[]> {
  if (all.length === 0) return [];
  const named = await withTemplates(client, all, signal);
  return bindHosts(named, await readHostRows(client, named, signal), configured);
}

/** The hosts with the template of the plugin's settings (0.0.29) where their endpoint has none of its own. */
async function withTemplates(client: NetBoxClient, all: HostFacts[], signal: AbortSignal): Promise<HostFacts[]> {
  if (all.every(({ nameTemplate }) => nameTemplate !== null)) return all;
  type Naming = { node_device_name_template: string };
  const settings = await readPluginSettings<Naming>(client, ["node_device_name_template"], signal);
  const usual = settings?.node_device_name_template || null;
  return all.map((facts) => ({ ...facts, nameTemplate: facts.nameTemplate ?? usual }));
}

/** Makes what all hosts rest on: tags, manufacturer, device type, role and cluster types. */
export async function applySupport(
  client: NetBoxClient,
  all: HostFacts[],
  signal: AbortSignal,
): Promise<ObjectOutcome[]> {
  const { outcomes } = await reconcile(client, supportOfHosts(all.map((facts) => facts.cluster.mode)), { signal });
  return outcomes;
}

/** Brings NetBox in line with one endpoint's cluster and nodes. Throws NetBoxAPIError when NetBox cannot be reached. */
export async function applyHosts(
  client: NetBoxClient,
  facts: HostFacts,
  binding: HostBinding,
  options: SyncOptions,
  signal: AbortSignal,
): Promise<ObjectOutcome[]> {
  if (binding.moves) await leaveSite(client, facts, binding, signal);
  const gone = judgeGoneNodes(facts, binding, options);
  const desired = withModes(desiredHosts(facts, binding, options), options);
  const { outcomes } = await reconcile(client, [...desired, ...gone.desired], { signal });
  return [...outcomes, ...gone.kept];
}

/**
 * Makes sure that the hosts of guests are there, for a stage that runs without `devices` before it. An endpoint that
 * lacks none of them is not touched. Returns the bindings and what was done.
 */
export async function ensureHosts(
  client: NetBoxClient,
  all: HostFacts[],
  configured: readonly ConfiguredEndpoint[],
  options: SyncOptions,
  signal: AbortSignal,
): Promise<{ bindings: HostBinding[]; outcomes: ObjectOutcome[] }> {
  const bindings = await placeHosts(client, all, configured, signal);
  const incomplete = bindings.filter((binding) => binding.problem === null && !isComplete(binding));
  if (incomplete.length === 0) return { bindings, outcomes: [] };
  const outcomes = await applySupport(client, all, signal);
  for (const binding of incomplete) {
    const facts = all.find((candidate) => candidate.endpoint === binding.endpoint);
    if (facts) outcomes.push(...(await applyHosts(client, facts, binding, options, signal)));
  }
  return {
    bindings: await placeHosts(client, all, configured, signal),
    outcomes: outcomes.filter((outcome) => outcome.outcome !== "unchanged"),
  };
}

/** Whether everything that stands for these hosts is in NetBox. */
export function isComplete(binding: HostBinding): boolean {
  if (binding.twin !== null) return true;
  if (binding.takesOver) return false;
  return binding.cluster.id !== null && Object.values(binding.nodes).every((node) => node.device !== null);
}

/** NetBox 4.6.8 refuses a site on a cluster whose devices are elsewhere, and the reverse: first out, then the devices. */
async function leaveSite(
  client: NetBoxClient,
  facts: HostFacts,
  binding: HostBinding,
  signal: AbortSignal,
): Promise<void> {
  const cluster = binding.cluster.id;
  if (cluster === null) return;
  const label = binding.cluster.name;
  await reconcile(
    client,
    [{ kind: "cluster", id: cluster, identity: { name: label }, values: { scope_type: null, scope_id: null }, label }],
    { signal },
  );
  const devices = facts.nodes.flatMap((node): Desired[] => {
    const bound = binding.nodes[node.name];
    if (!bound || bound.device === null) return [];
    return [
      {
        kind: "device",
        id: bound.device,
        identity: { name: bound.name },
        values: { site: siteRef(bound.site) },
        label: bound.name,
      },
    ];
  });
  await reconcile(client, devices, { signal });
}

const kindsOfNodes = new Set(["device", "proxmox-node", "sync-state-device"]);

function withModes(desired: Desired[], options: SyncOptions): Desired[] {
  return desired.flatMap((entry) => {
    const mode = kindsOfNodes.has(entry.kind) ? options.sync_mode_node : options.sync_mode_cluster;
    if (mode === "always") return [entry];
    // A node's device needs its cluster, so a switched-off cluster is still made when it is missing.
    if (mode === "disabled" && kindsOfNodes.has(entry.kind)) return [];
    return [createOnly(entry)];
  });
}
