import { readNetBoxConfig } from "@proxbox/netbox/settings";
import { readProxmoxConfig } from "@proxbox/proxmox/settings";
import type { Environment } from "@proxbox/runtime/config";
import { openStageService, type StageService } from "@proxbox/runtime/service";

/** Starts the network service: stages network-interfaces, vm-interfaces, ip-addresses and sdn. Throws ConfigError when it cannot start as it is configured. */
export async function createNetwork(env: Environment, signal: AbortSignal): Promise<StageService> {
  // A wrong value ends the start here, not the first item.
  readNetBoxConfig(env);
  readProxmoxConfig(env);
  return openStageService({ domain: "network", dir: import.meta.dir, env, signal });
}
