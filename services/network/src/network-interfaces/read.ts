import type { NetBoxClient } from "@proxbox/netbox/client";
import { oursTag } from "@proxbox/netbox/tags";
import type { PrimaryRow } from "./addresses.ts";
import type { InterfaceRow, MacRow } from "./interfaces.ts";

type Nested = { id: number } | null;
type Tagged = { id: number; tags: { slug: string }[] };
type ListedInterface = Tagged & {
  device: { id: number };
  name: string;
  type: { value: string };
  cable: Nested;
  mark_connected: boolean;
};
type ListedMac = Tagged & { mac_address: string; assigned_object_type: string | null; assigned_object_id: number };
type ListedDevice = { id: number; primary_ip4: Nested; primary_ip6: Nested };

/** What NetBox has of devices' network, addresses aside. */
export type DeviceRows = { interfaces: InterfaceRow[]; macs: MacRow[]; primaries: PrimaryRow[] };

/** Reads the interfaces of devices, their MAC addresses and the devices' primary addresses. Throws NetBoxAPIError as the client does. */
export async function readDeviceRows(
  client: NetBoxClient,
  devices: readonly number[],
  signal: AbortSignal,
): Promise<DeviceRows> {
  if (devices.length === 0) return { interfaces: [], macs: [], primaries: [] };
  const [interfaces, macs, primaries] = await Promise.all([
    client.list<ListedInterface>(
      "dcim/interfaces",
      { device_id: devices, fields: "id,device,name,type,cable,mark_connected,tags" },
      signal,
    ),
    client.list<ListedMac>(
      "dcim/mac-addresses",
      { device_id: devices, fields: "id,mac_address,assigned_object_type,assigned_object_id,tags" },
      signal,
    ),
    client.list<ListedDevice>("dcim/devices", { id: devices, fields: "id,primary_ip4,primary_ip6" }, signal),
  ]);
  const asked = new Set(devices);
  // NetBox answers an unknown filter with the whole table, so what came back is held against what was asked.
  const own = interfaces.filter(({ device }) => asked.has(device.id));
  const known = new Set(own.map(({ id }) => id));
  return {
    interfaces: own.map((row) => ({
      id: row.id,
      device: row.device.id,
      name: row.name,
      type: row.type.value,
      connected: row.cable !== null || row.mark_connected,
      ours: isOurs(row),
    })),
    macs: macs
      .filter((row) => row.assigned_object_type === "dcim.interface" && known.has(row.assigned_object_id))
      .map((row) => ({ id: row.id, interface: row.assigned_object_id, mac: row.mac_address, ours: isOurs(row) })),
    primaries: primaries
      .filter(({ id }) => asked.has(id))
      .map((row) => ({ device: row.id, primary4: row.primary_ip4?.id ?? null, primary6: row.primary_ip6?.id ?? null })),
  };
}

/**
 * Leaves out the bridges that guests are on although no node lists them: those of software-defined networks, which the
 * stage vm-interfaces makes. Throws NetBoxAPIError as the client does.
 */
export async function withoutGuestBridges(
  client: NetBoxClient,
  interfaces: readonly InterfaceRow[],
  isListed: (row: InterfaceRow) => boolean,
  signal: AbortSignal,
): Promise<InterfaceRow[]> {
  const unlisted = interfaces.filter((row) => row.type === "bridge" && !isListed(row)).map(({ id }) => id);
  if (unlisted.length === 0) return [...interfaces];
  const states = await client.list<{ id: number; proxbox_bridge: Nested }>(
    "plugins/proxbox/sync-state/vm-interfaces",
    { proxbox_bridge_id: unlisted, fields: "id,proxbox_bridge" },
    signal,
  );
  const inUse = new Set(states.map(({ proxbox_bridge: bridge }) => bridge?.id));
  return interfaces.filter((row) => isListed(row) || !inUse.has(row.id));
}

function isOurs({ tags }: Tagged): boolean {
  return tags.some(({ slug }) => slug === oursTag);
}
