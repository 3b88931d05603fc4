import { parseCidr, parseGuestAddress } from "./guest-address.ts";
import { parsePropertyString } from "./property-string.ts";

/** How an address family of an interface is configured; all null when nothing is said. */
export type IpSetting = {
  mode: "static" | "dhcp" | "auto" | "manual" | null;
  /** Canonical, with prefix, e.g. `10.0.0.5/24`; null unless static. */
  address: string | null;
  /** Canonical; null when there is none. */
  gateway: string | null;
};

/** Both families of an interface. */
export type IpConfig = { ip4: IpSetting; ip6: IpSetting };

/** What cloud-init is told about one interface (`ipconfigN` of a QEMU guest), e.g. `ip=10.0.0.5/24,gw=10.0.0.1,ip6=auto`. */
export function parseIpConfig(text: unknown): IpConfig {
  return ipConfigOf(typeof text === "string" ? parsePropertyString(text).properties : {});
}

/** The same from the properties `ip`, `gw`, `ip6`, `gw6`, which a container's network card holds itself. */
export function ipConfigOf(properties: Readonly<Record<string, string>>): IpConfig {
  return {
    ip4: settingOf(properties.ip, properties.gw, 4),
    ip6: settingOf(properties.ip6, properties.gw6, 6),
  };
}

/** The `ipconfigN` of a configuration by N. */
export function parseIpConfigs(config: Record<string, unknown>): Record<number, IpConfig> {
  const configs: Record<number, IpConfig> = {};
  for (const [key, value] of Object.entries(config)) {
    const [, index] = /^ipconfig(\d{1,3})$/.exec(key) ?? [];
    if (index !== undefined) configs[Number(index)] = parseIpConfig(value);
  }
  return configs;
}

const modes = ["dhcp", "auto", "manual"] as const;

function settingOf(value: string | undefined, gateway: string | undefined, family: 4 | 6): IpSetting {
  const mode = modes.find((candidate) => candidate === value?.trim().toLowerCase()) ?? null;
  const parsed = mode === null ? parseCidr(value) : null;
  const address = parsed?.family === family ? parsed.address : null;
  const via = parseGuestAddress(gateway);
  return {
    mode: address === null ? mode : "static",
    address,
    gateway: via?.family === family ? via.host : null,
  };
}
