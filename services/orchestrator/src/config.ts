import { type Environment, readConfig } from "@proxbox/runtime/config";
import { ConfigError } from "@proxbox/runtime/errors";
import { checkTimes, serviceConfig } from "@proxbox/runtime/settings";
import { type Static, Type } from "@sinclair/typebox";

const permits = { minimum: 1, maximum: 1024 };

const OrchestratorConfig = Type.Object({
  ...serviceConfig,
  PROXBOX_NETBOX_MIN_CONCURRENT: Type.Integer({
    ...permits,
    default: 1,
    description: "The least NetBox requests in flight that the throttle controller goes down to.",
  }),
  PROXBOX_NETBOX_MAX_CONCURRENT: Type.Integer({
    ...permits,
    default: 64,
    description: "The most NetBox requests in flight, over all processes; below it the throttle controller decides.",
  }),
});

/** The settings of the orchestrator. */
export type OrchestratorConfig = Static<typeof OrchestratorConfig>;

/** Reads the settings of the orchestrator. Throws ConfigError with every fault. */
export function readOrchestratorConfig(env: Environment): OrchestratorConfig {
  const config = readConfig(OrchestratorConfig, env);
  checkTimes(config);
  const { PROXBOX_NETBOX_MIN_CONCURRENT: min, PROXBOX_NETBOX_MAX_CONCURRENT: max } = config;
  if (min <= max) return config;
  throw new ConfigError(
    "bad_settings",
    `PROXBOX_NETBOX_MIN_CONCURRENT is ${min}; it must be at most PROXBOX_NETBOX_MAX_CONCURRENT (${max}).`,
    { next: "Correct the environment." },
  );
}
