import type { WireError } from "@proxbox/contracts/errors";
import type { HostFacts } from "@proxbox/netbox/hosts/facts";
import { readListingGaps } from "@proxbox/proxmox/completeness";
import { observeGuests } from "@proxbox/proxmox/observe-guests";
import { observeHosts } from "@proxbox/proxmox/observe-hosts";
import { parseDescription } from "@proxbox/proxmox/parse/description";
import { totalDiskMebibytes } from "@proxbox/proxmox/parse/disk";
import { parseMetadata } from "@proxbox/proxmox/parse/netbox-metadata";
import { type TagColors, tagColor } from "@proxbox/proxmox/parse/tag-style";
import { readClusterStatus, readTagColors } from "@proxbox/proxmox/resources/cluster";
import type { GuestConfig as ProxmoxConfig } from "@proxbox/proxmox/resources/guests";
import { type Guest, readListing } from "@proxbox/proxmox/resources/listing";
import { proxmoxOf } from "@proxbox/proxmox/session";
import { targetOf } from "@proxbox/proxmox/target";
import type { ProxmoxEndpoint } from "@proxbox/runtime/endpoints";
import { endpointOf, type ItemContext, type StageContext } from "@proxbox/runtime/stage";
import type { GuestBatch, GuestConfig, PlannedGuest } from "./facts.ts";

/** What an endpoint lists: its hosts and guests, and how its tags are coloured. */
export type ObservedEndpoint = {
  endpoint: ProxmoxEndpoint;
  facts: HostFacts;
  guests: Guest[];
  webUrl: string;
  colors: TagColors;
  /** Why the listing may be incomplete; null when it is proven complete. */
  doubt(): Promise<string | null>;
};

/** Lists an endpoint's guests. Throws ProxmoxAPIError as the client does. */
export async function observeListing(ctx: StageContext, endpoint: ProxmoxEndpoint): Promise<ObservedEndpoint> {
  const client = proxmoxOf(ctx, endpoint);
  const [facts, listing, colors] = await Promise.all([
    observeHosts(ctx, client, endpoint),
    readListing(client, ctx.signal),
    readTagColors(client, ctx.signal),
  ]);
  return {
    endpoint,
    facts,
    guests: listing.guests,
    webUrl: targetOf(endpoint).origins.find(isLinkable) ?? "",
    colors,
    doubt: async () => {
      const gaps = await readListingGaps(client, await readClusterStatus(client, ctx.signal), ctx.signal);
      return gaps.guests.join(" ") || null;
    },
  };
}

/** The colour of a tag: the first endpoint that gives it one decides. */
export function colorOf(tag: string, observed: readonly Pick<ObservedEndpoint, "colors">[]): string {
  return tagColor(tag, observed.find(({ colors }) => colors.has(tag))?.colors ?? new Map());
}

/** NetBox 4.6.8 takes no link to a host without a domain, and refuses the whole batch for one. */
function isLinkable(origin: string): boolean {
  const { hostname } = new URL(origin);
  return hostname.includes(".") || hostname.startsWith("[") || hostname === "localhost";
}

/** An item's guests where they are by now with their configurations, and why others have none. */
export type ObservedConfigs = {
  read: { plan: PlannedGuest; config: GuestConfig }[];
  failures: { plan: PlannedGuest; error: WireError }[];
  /** Deleted in Proxmox since they were listed. */
  gone: PlannedGuest[];
};

/** Reads the configurations of an item's guests; what is seen is kept for later stages of the run. */
export async function observeConfigs(ctx: ItemContext, batch: GuestBatch): Promise<ObservedConfigs> {
  const endpoint = endpointOf(ctx);
  const guests = batch.guests.map((plan) => plan.guest);
  const key = `${guests[0]?.vmid ?? 0}-${guests.length}`;
  const observed = await observeGuests(ctx, endpoint, { key, guests });
  const plans = new Map(batch.guests.map((plan) => [plan.guest.vmid, plan]));
  const read: ObservedConfigs["read"] = [];
  const failures: ObservedConfigs["failures"] = [];
  const gone: PlannedGuest[] = [];
  for (const one of observed) {
    const plan = plans.get(one.guest.vmid);
    if (!plan) continue;
    // It may have migrated since it was listed. Its name and all else stay what was settled for the whole run.
    const guest = { ...plan.guest, node: one.guest.node };
    if (one.state === "ok")
      read.push({ plan: { ...plan, guest }, config: plain(one.config, ctx.options.parse_description_metadata) });
    else if (one.state === "gone") gone.push(plan);
    else failures.push({ plan, error: one.error });
  }
  return { read, failures, gone };
}

function plain(config: ProxmoxConfig, withMetadata: boolean): GuestConfig {
  const metadata = withMetadata ? parseMetadata(config.note) : null;
  return {
    onboot: config.startAtBoot,
    unprivileged: config.unprivileged,
    agent: config.agent,
    searchDomain: config.searchDomain ?? "",
    tags: config.tags,
    note: parseDescription(metadata ? metadata.note : config.note),
    metadata: metadata?.values ?? {},
    noteFaults: metadata?.faults ?? [],
    diskMebibytes: totalDiskMebibytes(config.disks) || null,
    ostype: typeof config.raw.ostype === "string" ? config.raw.ostype : "",
    platform: config.platform,
    cloudInit: config.cloudInit,
  };
}
