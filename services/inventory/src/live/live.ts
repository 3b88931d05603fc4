import type { LiveQuestion } from "@proxbox/contracts/live";
import type { NetBoxClient } from "@proxbox/netbox/client";
import type { ProxmoxClient } from "@proxbox/proxmox/client";
import type { ProxmoxEndpoint } from "@proxbox/runtime/endpoints";

/** What stood in the path and in the query of a live read, `*` under `rest`. */
export type Params = LiveQuestion["params"];

/** One question, with what is needed to answer it. */
export type Live = {
  /** The Proxmox endpoints that are meant, by id. */
  endpoints: readonly ProxmoxEndpoint[];
  params: Params;
  /** Aborted when the time for the answer is over. */
  signal: AbortSignal;
  /** A client that does not wait behind those of a run. Throws ConfigError `secret_unreadable`. */
  proxmox(endpoint: ProxmoxEndpoint): ProxmoxClient;
  /** The client of NetBox; null when none is configured. Throws ConfigError `secret_unreadable`. */
  netbox(): Promise<NetBoxClient | null>;
};

/** Answers one kind of question with the body that the gateway sends on. */
export type LiveHandler = (live: Live) => Promise<unknown>;
