import { type IpSetting, ipConfigOf } from "./ip-config.ts";
import { parseMac } from "./mac.ts";
import { parsePropertyString } from "./property-string.ts";
import { parseFlag, parseInteger } from "./scalars.ts";

/** One network card of a guest's configuration. */
export type Nic = {
  /** Its key, e.g. `net0`, and the number in it. */
  key: string;
  index: number;
  /** `virtio`, `e1000`, ... of a QEMU guest, `veth` of a container; null when not said. */
  model: string | null;
  /** The name inside the guest; containers only. */
  name: string | null;
  /** Upper-case with colons. */
  mac: string | null;
  bridge: string | null;
  /** The VLAN it is in; null: untagged. */
  vlan: number | null;
  /** VLANs that pass tagged, each once, ascending, without the one it is in. */
  trunks: number[];
  /** Unplugged. */
  linkDown: boolean;
  /** Null: not set, or 1, which means that of the bridge. */
  mtu: number | null;
  firewall: boolean;
  /** How a container's card is configured; nothing for QEMU guests, see `ipConfigs`. */
  ip4: IpSetting;
  ip6: IpSetting;
};

/** The network cards of a guest's configuration (`net0`, `net2`, `net10`) by number. */
export function parseNics(config: Record<string, unknown>): Nic[] {
  const nics: Nic[] = [];
  for (const [key, value] of Object.entries(config)) {
    if (/^net\d{1,3}$/.test(key) && typeof value === "string") nics.push(parseNic(key, value));
  }
  return nics.sort((left, right) => left.index - right.index);
}

/** One network card, e.g. `net0` with `virtio=AA:BB:CC:DD:EE:FF,bridge=vmbr0,tag=10,trunks=20;30`. */
export function parseNic(key: string, text: string): Nic {
  const { lead, properties } = parsePropertyString(text);
  const model = models.find((candidate) => candidate in properties) ?? properties.model ?? lead ?? properties.type;
  const vlan = vlanOf(properties.tag);
  return {
    key,
    index: Number(key.replace(/\D/g, "")),
    model: model?.toLowerCase() || null,
    name: properties.name || null,
    mac: parseMac(properties.hwaddr ?? properties.macaddr ?? properties[model ?? ""]),
    bridge: properties.bridge || null,
    vlan,
    trunks: parseTrunks(properties.trunks).filter((tagged) => tagged !== vlan),
    linkDown: parseFlag(properties.link_down) ?? false,
    mtu: mtuOf(properties.mtu),
    firewall: parseFlag(properties.firewall) ?? false,
    ...ipConfigOf(properties),
  };
}

/** The models of Proxmox VE 9.2: each is a key that holds the MAC address. */
const models = [
  "virtio",
  "e1000",
  "e1000-82540em",
  "e1000-82544gc",
  "e1000-82545em",
  "e1000e",
  "i82551",
  "i82557b",
  "i82559er",
  "ne2k_isa",
  "ne2k_pci",
  "pcnet",
  "rtl8139",
  "vmxnet3",
];

const lastVlan = 4094;

/** `20;30` and ranges (`2-4`), ascending and each once; what is no VLAN id is left out. */
export function parseTrunks(text: unknown): number[] {
  const vlans = new Set<number>();
  for (const part of typeof text === "string" ? text.split(/[;,\s]+/) : []) {
    const [, first, last = first] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(part) ?? [];
    if (first === undefined) continue;
    for (let vlan = Math.max(Number(first), 1); vlan <= Math.min(Number(last), lastVlan); vlan++) vlans.add(vlan);
  }
  return [...vlans].sort((left, right) => left - right);
}

function vlanOf(tag: unknown): number | null {
  const vlan = parseInteger(tag);
  return vlan !== null && vlan >= 1 && vlan <= lastVlan ? vlan : null;
}

function mtuOf(value: unknown): number | null {
  const mtu = parseInteger(value);
  return mtu !== null && mtu > 1 && mtu <= 65_535 ? mtu : null;
}
