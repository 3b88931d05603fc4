import type { Sdn } from "@proxbox/proxmox/resources/sdn";
import type { SdnRouting } from "@proxbox/proxmox/resources/sdn-routing";

/** The endpoint whose software-defined network is written, as NetBox knows it. */
export type SdnOwner = {
  /** Id of the plugin's row. */
  endpoint: number;
  endpointName: string;
  /** Name of the Proxmox cluster. */
  cluster: string;
  /** Devices that stand for its nodes. */
  devices: { node: string; id: number }[];
};

/** What an endpoint shows of its software-defined network. */
export type SdnFacts = Sdn & SdnRouting;

/** The kinds of the plugin's tables of software-defined networks. */
export const sdnKinds = [
  "sdn-fabric",
  "sdn-controller",
  "sdn-zone",
  "sdn-vnet",
  "sdn-subnet",
  "sdn-binding",
  "sdn-route-map",
  "sdn-prefix-list",
] as const;

/** One of them. */
export type SdnKind = (typeof sdnKinds)[number];
