import type { ProxmoxClient } from "../client.ts";
import { parseAgent } from "../parse/agent.ts";
import { type CloudInit, parseCloudInit } from "../parse/cloud-init.ts";
import { type Disk, parseDisks } from "../parse/disk.ts";
import { parseHostname } from "../parse/hostname.ts";
import { type IpConfig, parseIpConfigs } from "../parse/ip-config.ts";
import { type Nic, parseNics } from "../parse/nic.ts";
import { platformOf } from "../parse/os-type.ts";
import { parseRow, type Row } from "../parse/rows.ts";
import { parseFlag, parseInteger, parseText } from "../parse/scalars.ts";
import { parseTags } from "../parse/tags.ts";
import type { Guest } from "./listing.ts";

/** A guest's configuration, read. */
export type GuestConfig = {
  startAtBoot: boolean;
  agent: boolean;
  /** Containers only; null for QEMU guests. */
  unprivileged: boolean | null;
  searchDomain: string | null;
  tags: string[];
  /** The note, as it was written; null when there is none. */
  note: string | null;
  /** Name of the platform its `ostype` stands for. */
  platform: string | null;
  cores: number | null;
  sockets: number | null;
  disks: Disk[];
  /** By number. */
  nics: Nic[];
  /** What cloud-init is told about each network card, by its number; QEMU guests only. */
  ipConfigs: Record<number, IpConfig>;
  /** The name a container has, as a DNS name; null for QEMU guests, which name themselves. */
  hostname: string | null;
  cloudInit: CloudInit | null;
  /** Everything as Proxmox gave it, without passwords. */
  raw: Record<string, unknown>;
};

/** Reads GET /nodes/{node}/{type}/{vmid}/config. ProxmoxAPIError `proxmox_not_found`: it is no longer on that node. */
export async function readGuestConfig(
  client: ProxmoxClient,
  guest: Pick<Guest, "node" | "type" | "vmid">,
  signal: AbortSignal,
): Promise<GuestConfig> {
  const path = `/nodes/${encodeURIComponent(guest.node)}/${guest.type}/${guest.vmid}/config`;
  return guestConfigOf(parseRow(await client.get(path, { signal, node: guest.node })) ?? {}, guest.type);
}

/** A guest's configuration from the answer's data; pure. */
export function guestConfigOf(row: Row, type: Guest["type"]): GuestConfig {
  const { cipassword: _, ...raw } = row;
  return {
    startAtBoot: parseFlag(row.onboot) ?? false,
    agent: type === "qemu" && parseAgent(row.agent),
    unprivileged: type === "lxc" ? (parseFlag(row.unprivileged) ?? false) : null,
    searchDomain: parseText(row.searchdomain)?.trim() ?? null,
    tags: parseTags(row.tags),
    note: parseText(row.description),
    platform: platformOf(row.ostype),
    cores: parseInteger(row.cores),
    sockets: parseInteger(row.sockets),
    disks: parseDisks(row),
    nics: parseNics(row),
    ipConfigs: type === "qemu" ? parseIpConfigs(row) : {},
    hostname: type === "lxc" ? parseHostname(row.hostname) : null,
    cloudInit: type === "qemu" ? parseCloudInit(row) : null,
    raw,
  };
}
