import { parsePropertyString } from "./property-string.ts";
import { parseFlag } from "./scalars.ts";

/**
 * Whether a guest's configuration enables the QEMU guest agent. Knows every form of the option: `1`, `on`,
 * `1,fstrim_cloned_disks=1`, `enabled=1,type=virtio`, `type=virtio,enabled=1`. Absent or not understood: no.
 */
export function parseAgent(option: unknown): boolean {
  if (typeof option !== "string") return parseFlag(option) ?? false;
  const { lead, properties } = parsePropertyString(option);
  return parseFlag(lead ?? properties.enabled) ?? false;
}
