import { readNetBoxConfig } from "@proxbox/netbox/settings";
import { readProxmoxConfig } from "@proxbox/proxmox/settings";
import type { Environment } from "@proxbox/runtime/config";
import { openStageService, type StageService } from "@proxbox/runtime/service";
import { listenLive } from "./live/listen.ts";

/**
 * Starts the inventory service: stages devices and storage, and live reads for the gateway. Throws ConfigError when it cannot
 * start as it is configured.
 */
export async function createInventory(env: Environment, signal: AbortSignal): Promise<StageService> {
  // A wrong value ends the start here, not the first item.
  readNetBoxConfig(env);
  readProxmoxConfig(env);
  return openStageService({ domain: "inventory", dir: import.meta.dir, env, signal, listen: listenLive });
}
