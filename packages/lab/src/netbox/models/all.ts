import type { Model } from "../model.ts";
import { DCIM } from "./dcim.ts";
import { EXTRAS } from "./extras.ts";
import { IPAM } from "./ipam.ts";
import { endpointModels } from "./plugin-endpoints.ts";
import { machineModels } from "./plugin-machines.ts";
import type { PluginRelease } from "./plugin-parts.ts";
import { syncStateModels } from "./sync-state.ts";
import { TENANTS } from "./tenancy.ts";
import { VIRTUALIZATION } from "./virtualization.ts";

/** Every model the simulated NetBox has, with this release of the plugin. */
export const modelsFor = (release: PluginRelease): readonly Model[] => [
  ...EXTRAS,
  TENANTS,
  ...DCIM,
  ...VIRTUALIZATION,
  ...IPAM,
  ...endpointModels(release),
  ...machineModels(release),
  ...syncStateModels(release),
];
