/** A Proxmox VE property string, e.g. `local-lvm:vm-100-disk-0,iothread=1,size=32G`. */
export type PropertyString = {
  /** The one value that stands without a key (first in practice); null when every value has a key. */
  lead: string | null;
  /** The values with a key. Of a repeated key the first counts. */
  properties: Record<string, string>;
};

/** Splits a property string; never throws, whatever the text is. */
export function parsePropertyString(text: string): PropertyString {
  let lead: string | null = null;
  const properties: Record<string, string> = Object.create(null);
  for (const part of text.split(",")) {
    const [, key, value] = /^\s*([A-Za-z][\w-]*)=([\s\S]*)$/.exec(part) ?? [];
    if (key !== undefined && value !== undefined) properties[key] ??= value.trim();
    else if (part.trim() !== "") lead ??= part.trim();
  }
  return { lead, properties };
}
