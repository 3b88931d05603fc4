import { join } from "node:path";
import { createBackups } from "@proxbox/backups/service";
import { createGateway } from "@proxbox/gateway/service";
import { createInventory } from "@proxbox/inventory/service";
import { createNetwork } from "@proxbox/network/service";
import { createOrchestrator } from "@proxbox/orchestrator/service";
import { createReplication } from "@proxbox/replication/service";
import type { Environment } from "@proxbox/runtime/config";
import { createVms } from "@proxbox/vms/service";

type Create = (env: Environment, signal: AbortSignal) => Promise<AsyncDisposable>;

/** Every service there is and how it is started in this process. A new service is one row here. */
export const serviceTable = {
  orchestrator: createOrchestrator,
  inventory: createInventory,
  vms: createVms,
  backups: createBackups,
  network: createNetwork,
  replication: createReplication,
  gateway: createGateway,
} as const satisfies Record<string, Create>;

/** The name of a service: its folder under `services/`. */
export type ServiceName = keyof typeof serviceTable;

/** All services, in the order they are started: the gateway last, so that what it answers for is there. */
export const serviceNames = Object.keys(serviceTable) as ServiceName[];

/** The program of a service, for a process of its own. */
export function programOf(service: ServiceName): string {
  return join(import.meta.dir, "../../../services", service, "main.ts");
}
