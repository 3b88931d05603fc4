import type { Model } from "../model.ts";
import type { Traits } from "../versions.ts";
import { DCIM } from "./dcim.ts";
import { EXTRAS } from "./extras.ts";
import { IPAM } from "./ipam.ts";
import { endpointModels } from "./plugin-endpoints.ts";
import { machineModels } from "./plugin-machines.ts";
import type { PluginRelease } from "./plugin-parts.ts";
import { SDN } from "./plugin-sdn.ts";
import { syncStateModels } from "./sync-state.ts";
import { TENANTS } from "./tenancy.ts";
import { MACHINE_TYPES, VIRTUALIZATION } from "./virtualization.ts";
import { VPN } from "./vpn.ts";

const everyModel = (release: PluginRelease): readonly Model[] => [
  ...EXTRAS,
  TENANTS,
  ...DCIM,
  ...VIRTUALIZATION,
  ...IPAM,
  ...VPN,
  ...endpointModels(release),
  ...machineModels(release),
  ...SDN,
  ...syncStateModels(release),
];

const withoutMachineTypes = (model: Model): Model[] => {
  if (model === MACHINE_TYPES) return [];
  const { virtual_machine_type: type, ...fields } = model.fields;
  return [type === undefined ? model : { ...model, fields }];
};

/** Every model a NetBox of this version has, with this release of the plugin. */
export const modelsFor = (release: PluginRelease, traits: Traits): readonly Model[] =>
  traits.machineTypes ? everyModel(release) : everyModel(release).flatMap(withoutMachineTypes);
