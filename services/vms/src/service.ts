import { readNetBoxConfig } from "@proxbox/netbox/settings";
import { readProxmoxConfig } from "@proxbox/proxmox/settings";
import type { Environment } from "@proxbox/runtime/config";
import { openStageService, type StageService } from "@proxbox/runtime/service";

/** Starts the vms service: stages virtual-machines, task-history and vm-disks. Throws ConfigError when it cannot start as it is configured. */
export async function createVms(env: Environment, signal: AbortSignal): Promise<StageService> {
  // A wrong value ends the start here, not the first item.
  readNetBoxConfig(env);
  readProxmoxConfig(env);
  return openStageService({ domain: "vms", dir: import.meta.dir, env, signal });
}
