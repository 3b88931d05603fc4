import type { WireError } from "@proxbox/contracts/errors";
import type { HostFacts } from "@proxbox/netbox/hosts/facts";
import { type ObservedEndpoint, observeEndpoint } from "@proxbox/proxmox/observe-endpoint";
import { observeGuests } from "@proxbox/proxmox/observe-guests";
import { parseDescription } from "@proxbox/proxmox/parse/description";
import { totalDiskMebibytes } from "@proxbox/proxmox/parse/disk";
import { parseMetadata } from "@proxbox/proxmox/parse/netbox-metadata";
import { type TagColors, tagColor } from "@proxbox/proxmox/parse/tag-style";
import { readTagColors } from "@proxbox/proxmox/resources/cluster";
import type { GuestConfig as ProxmoxConfig } from "@proxbox/proxmox/resources/guests";
import { proxmoxOf } from "@proxbox/proxmox/session";
import { targetOf } from "@proxbox/proxmox/target";
import type { ProxmoxEndpoint } from "@proxbox/runtime/endpoints";
import { endpointOf, type ItemContext, type StageContext } from "@proxbox/runtime/stage";
import type { GuestBatch, GuestConfig, PlannedGuest } from "./facts.ts";

/** What an endpoint shows, how its tags are coloured, and where its web page is. */
export type SeenEndpoint = Omit<ObservedEndpoint, "hosts"> & {
  endpoint: ProxmoxEndpoint;
  facts: HostFacts;
  /** Without a slash at the end; "" when NetBox would not take it as a link. */
  webUrl: string;
  colors: TagColors;
};

/** Lists an endpoint's guests. Throws ProxmoxAPIError as the client does. */
export async function observeListing(ctx: StageContext, endpoint: ProxmoxEndpoint): Promise<SeenEndpoint> {
  const [{ hosts, ...shown }, colors] = await Promise.all([
    observeEndpoint(ctx, endpoint),
    readTagColors(proxmoxOf(ctx, endpoint), ctx.signal),
  ]);
  return { ...shown, endpoint, facts: hosts, webUrl: targetOf(endpoint).origins.find(isLinkable) ?? "", colors };
}

/** The colour of a tag: the first endpoint that gives it one decides. */
export function colorOf(tag: string, observed: readonly Pick<SeenEndpoint, "colors">[]): string {
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
  const observed = await observeGuests(ctx, endpoint, { key: batch.chunk, guests });
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
