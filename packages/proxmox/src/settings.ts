import { type Environment, readConfig } from "@proxbox/runtime/config";
import { serviceConfig } from "@proxbox/runtime/settings";
import type { StageContext } from "@proxbox/runtime/stage";
import { type Static, Type } from "@sinclair/typebox";

/** How Proxmox is read. */
export const proxmoxConfig = {
  PROXBOX_OBSERVATION_MAX_AGE: Type.Number({
    default: 600,
    minimum: 0,
    maximum: 86_400,
    description: "Seconds for which later stages of a run use what an earlier one read of Proxmox; 0: never.",
  }),
  PROXBOX_GUEST_AGENT_TIMEOUT: Type.Number({
    default: 15,
    minimum: 1,
    maximum: 600,
    description: "Seconds a guest agent has for an answer.",
  }),
  PROXBOX_PROXMOX_FETCH_CONCURRENCY: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 1_000,
      description: "Most requests in flight at one endpoint from one process; not set: three for each of its nodes.",
    }),
  ),
};

// With what every process has, so that all faults of an environment are told at once.
const ProxmoxConfig = Type.Object({ ...serviceConfig, ...proxmoxConfig });

/** How Proxmox is read, as the environment says, with the settings of the process. */
export type ProxmoxConfig = Static<typeof ProxmoxConfig>;

/** Reads how Proxmox is read, and the settings of the process. Throws ConfigError with every fault of both. */
export function readProxmoxConfig(env: Environment): ProxmoxConfig {
  return readConfig(ProxmoxConfig, env);
}

/** The same for a stage, read once per process. */
export function proxmoxConfigOf(ctx: Pick<StageContext, "shared" | "env">): ProxmoxConfig {
  return ctx.shared("proxmox-config", () => readProxmoxConfig(ctx.env));
}
