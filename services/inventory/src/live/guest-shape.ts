import { parsePropertyString } from "@proxbox/proxmox/parse/property-string";
import type { Row } from "@proxbox/proxmox/parse/rows";
import { parseFlag, parseInteger } from "@proxbox/proxmox/parse/scalars";
import { diskMebibytes } from "@proxbox/proxmox/parse/size";
import type { GuestConfig } from "@proxbox/proxmox/resources/guests";

const texts = ["name", "hostname", "ostype", "boot", "startup", "searchdomain", "description", "tags"];
const integers = ["cores", "sockets", "memory", "swap", "balloon", "vcpus"];

/**
 * A guest's configuration: every option as Proxmox has it, with the types that plugin 0.0.29.post6 takes (texts texts,
 * `memory` in MiB a number, `agent` a boolean), without passwords, and what can be read from its disks and cards. Pure.
 */
export function guestConfigShape({ raw, agent, disks }: GuestConfig, type: "qemu" | "lxc"): Row {
  const shape: Row = {};
  for (const [key, value] of Object.entries(raw)) {
    if (value === null || value === undefined) continue;
    if (texts.includes(key)) shape[key] = String(value);
    else if (integers.includes(key)) shape[key] = parseInteger(value) ?? value;
    else shape[key] = value;
  }
  if ("onboot" in raw) shape.onboot = parseFlag(raw.onboot) ?? false;
  if (type === "qemu") shape.agent = agent;
  shape.disks = disks.map(({ name, storage, volume, bytes }) => ({
    name,
    raw_value: String(raw[name] ?? ""),
    size: parsePropertyString(String(raw[name] ?? "")).properties.size ?? null,
    size_mb: bytes === null ? null : diskMebibytes(bytes),
    storage,
    storage_name: storage,
    description: volume,
  }));
  shape.networks = Object.entries(raw)
    .filter(([key, value]) => /^net\d+$/.test(key) && typeof value === "string")
    .sort(([left], [right]) => Number(left.slice(3)) - Number(right.slice(3)))
    .map(([key, value]) => ({ [key]: { ...parsePropertyString(String(value)).properties } }));
  return shape;
}
