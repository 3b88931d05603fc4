import { type Environment, readConfig } from "@proxbox/runtime/config";
import { serviceConfig } from "@proxbox/runtime/settings";
import { type Static, Type } from "@sinclair/typebox";

const ownSize = (what: string) =>
  Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000, description: `Most ${what} of one request.` }));
const ownDelay = (what: string) =>
  Type.Optional(Type.Integer({ minimum: 0, maximum: 60_000, description: `Pause after a bulk request of ${what}.` }));

/** How NetBox is written; each is a ceiling, what is below it adapts by itself. */
export const netboxConfig = {
  PROXBOX_NETBOX_TIMEOUT_SECONDS: serviceConfig.PROXBOX_NETBOX_TIMEOUT_SECONDS,
  PROXBOX_NETBOX_MAX_CONCURRENT: Type.Optional(
    Type.Integer({
      minimum: 1,
      description: "Set: writes of addresses count too, and have no permit beside the others.",
    }),
  ),
  PROXBOX_NETBOX_MAX_RETRIES: Type.Optional(
    Type.Integer({ minimum: 0, description: "Attempts after the first of an overloaded request; not set: for 5 min." }),
  ),
  PROXBOX_NETBOX_RETRY_DELAY: Type.Number({
    default: 0.1,
    minimum: 0,
    maximum: 60,
    description: "Seconds before the first of them; doubled for each further one, up to 3 s or this, if it is longer.",
  }),
  PROXBOX_BULK_BATCH_SIZE: Type.Integer({
    default: 100,
    minimum: 1,
    maximum: 1_000,
    description: "Most objects of one request.",
  }),
  PROXBOX_BULK_BATCH_DELAY_MS: Type.Integer({
    default: 0,
    minimum: 0,
    maximum: 60_000,
    description: "Pause after a bulk request.",
  }),
  PROXBOX_BACKUP_BATCH_SIZE: ownSize("backups"),
  PROXBOX_BACKUP_BATCH_DELAY_MS: ownDelay("backups"),
  PROXBOX_INTERFACE_BATCH_SIZE: ownSize("interfaces"),
  PROXBOX_INTERFACE_BATCH_DELAY_MS: ownDelay("interfaces"),
};

// With what every process has, so that all faults of an environment are told at once.
const NetBoxConfig = Type.Object({ ...serviceConfig, ...netboxConfig });

/** How NetBox is written, as the environment says, with the settings of the process. */
export type NetBoxConfig = Static<typeof NetBoxConfig>;

/** Reads how NetBox is written, and the settings of the process. Throws ConfigError with every fault of both. */
export function readNetBoxConfig(env: Environment): NetBoxConfig {
  return readConfig(NetBoxConfig, env);
}
