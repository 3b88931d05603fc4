import { nameWithoutPk, netboxPkOf } from "@proxbox/contracts/endpoints";
import type { ObjectOutcome } from "@proxbox/contracts/messages";
import { canonical } from "../canonical.ts";
import { address } from "../kind.ts";
import type { HostFacts } from "./facts.ts";
import { type HostRows, pluginEndpointOf } from "./rows.ts";

/** An enabled endpoint of ours, whether it was asked or not. */
export type ConfiguredEndpoint = { id: number; name: string };

/** How an endpoint stands to others that show the same Proxmox cluster. Ids are those of the plugin's endpoints. */
export type Kinship = {
  pluginEndpoint: number | null;
  /** Name of the endpoint that has this cluster already: this one is to be left alone. */
  twin: string | null;
  /** An endpoint that is not configured any more, whose rows are of this very cluster. */
  predecessor: number | null;
  /** The other configured endpoints: what they hold is not taken. */
  others: number[];
};

type Shown = { cluster: string | null; nodes: readonly { name: string; fingerprint: string; ip: string | null }[] };
type Party = { endpoint: number; name: string; plugin: number | null; shown: Shown };

/**
 * Finds the endpoints that show one Proxmox cluster, by the certificates of its nodes: among those that answered, and
 * among those that did not by the rows NetBox has of them. Pure. Whoever has rows already keeps the cluster, of several
 * the lowest id; a configured endpoint that is unreachable keeps it too.
 */
export function findTwins(
  all: readonly HostFacts[],
  rows: HostRows,
  configured: readonly ConfiguredEndpoint[],
): Map<number, Kinship> {
  const parties = [...all.map((facts) => answeredParty(facts, rows)), ...silentParties(all, rows, configured)];
  const live = new Set(parties.flatMap(({ plugin }) => plugin ?? []));
  const known = new Set(rows.proxmoxNodes.map((row) => row.endpoint));
  const rank = ({ plugin, endpoint }: Party) => (plugin !== null && known.has(plugin) ? 0 : 2 ** 40) + endpoint;
  return new Map(
    all.map((facts) => {
      const own = answeredParty(facts, rows);
      const kin = parties.filter((party) => party.endpoint !== own.endpoint && isSame(own.shown, party.shown));
      const [holder = own] = [own, ...kin].sort((left, right) => rank(left) - rank(right));
      const gone = [...known].filter((plugin) => !live.has(plugin)).sort((left, right) => left - right);
      return [
        facts.endpoint,
        {
          pluginEndpoint: own.plugin,
          twin: holder.endpoint === own.endpoint ? null : holder.name,
          predecessor: gone.find((plugin) => isSame(own.shown, shownByRows(plugin, rows))) ?? null,
          others: [...live].filter((plugin) => plugin !== own.plugin),
        },
      ];
    }),
  );
}

/** The endpoints whose rows are of this cluster: its own first. */
export function ownersOf({ pluginEndpoint, predecessor }: Kinship): number[] {
  return [pluginEndpoint, predecessor].filter((id) => id !== null);
}

/**
 * Identity rows as one endpoint is to see them: what belongs to an endpoint that is not configured any more belongs to
 * nobody, so that it can be found by the cluster it is in. Where this endpoint has a row of the guest already, that counts.
 */
export function withoutRelics<T extends { endpoint: number | null; vmid: number | null; type: string }>(
  rows: readonly T[],
  { pluginEndpoint, others }: { pluginEndpoint: number | null; others: readonly number[] },
): T[] {
  const keyOf = ({ type, vmid }: T) => `${type}/${vmid}`;
  const own = new Set(rows.filter(({ endpoint }) => endpoint !== null && endpoint === pluginEndpoint).map(keyOf));
  const isRelic = (row: T) =>
    row.endpoint !== null && row.endpoint !== pluginEndpoint && !others.includes(row.endpoint) && !own.has(keyOf(row));
  return rows.map((row) => (isRelic(row) ? { ...row, endpoint: null } : row));
}

/** What is told of an endpoint that is left alone because another one has its cluster. */
export function twinOutcome({ twin, cluster }: { twin: string; cluster: { name: string } }): ObjectOutcome {
  return {
    kind: "cluster",
    name: cluster.name,
    outcome: "skipped",
    reason: `It is the cluster that Proxmox endpoint ${twin} shows too, by the certificates of its nodes; it is kept there.`,
  };
}

/**
 * A node of one name, address and certificate is one node. Clusters that share one are the same when they have one name
 * or when no node of the other is missing here: a cluster may have been renamed since its rows were written.
 */
function isSame(own: Shown, other: Shown): boolean {
  const shared = other.nodes.filter((node) => own.nodes.some((candidate) => isSameNode(candidate, node)));
  return shared.length > 0 && (own.cluster === other.cluster || shared.length === other.nodes.length);
}

function isSameNode(left: Shown["nodes"][number], right: Shown["nodes"][number]): boolean {
  if (left.name !== right.name || !left.fingerprint) return false;
  // One certificate for many hosts is no proof of itself.
  const elsewhere = left.ip && right.ip && canonical(address, left.ip) !== canonical(address, right.ip);
  return left.fingerprint.toUpperCase() === right.fingerprint.toUpperCase() && !elsewhere;
}

function answeredParty(facts: HostFacts, rows: HostRows): Party {
  const shown = { cluster: facts.cluster.name, nodes: facts.nodes };
  return { endpoint: facts.endpoint, name: facts.endpointName, plugin: pluginEndpointOf(facts, rows), shown };
}

function silentParties(all: readonly HostFacts[], rows: HostRows, configured: readonly ConfiguredEndpoint[]): Party[] {
  const answered = new Set(all.map((facts) => facts.endpoint));
  return configured
    .filter(({ id }) => !answered.has(id))
    .map(({ id, name }) => {
      const endpointName = nameWithoutPk(name);
      const plugin = pluginEndpointOf({ endpointName, pluginEndpoint: netboxPkOf(name) }, rows);
      return { endpoint: id, name: endpointName, plugin, shown: shownByRows(plugin, rows) };
    });
}

function shownByRows(plugin: number | null, rows: HostRows): Shown {
  const clusters = rows.proxmoxClusters.filter((row) => row.endpoint === plugin);
  return {
    cluster: clusters.length === 1 ? (clusters[0]?.name ?? null) : null,
    nodes: rows.proxmoxNodes.filter((row) => row.endpoint === plugin),
  };
}
