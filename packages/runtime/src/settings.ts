import { hostname } from "node:os";
import { isToken } from "@proxbox/contracts/subjects";
import { type Static, type TProperties, Type } from "@sinclair/typebox";
import { type Environment, readConfig } from "./config.ts";
import { ConfigError } from "./errors.ts";
import { logLevels } from "./log.ts";

const seconds = (fallback: number, description: string, minimum = 1) =>
  Type.Number({ default: fallback, minimum, maximum: 86_400, description });
const secret = (description: string) => Type.Optional(Type.String({ minLength: 1, secret: true, description }));
const port = (description: string) => Type.Optional(Type.Integer({ minimum: 0, maximum: 65_535, description }));

/** How to reach nats-server, and how its streams are made. */
export const busConfig = {
  NATS_URL: Type.String({ default: "nats://127.0.0.1:4222", description: "Servers, separated by commas." }),
  NATS_USER: Type.Optional(Type.String({ description: "User name, with NATS_PASSWORD." })),
  NATS_PASSWORD: secret("Password of NATS_USER."),
  NATS_NKEY_SEED: secret("Seed of an nkey, instead of user and password."),
  PROXBOX_NATS_WAIT_SECONDS: seconds(60, "How long to wait for nats-server at start; 0: for ever.", 0),
  PROXBOX_STREAM_REPLICAS: Type.Integer({ default: 1, minimum: 1, maximum: 5, description: "Copies of each stream." }),
  PROXBOX_ITEM_ACK_WAIT_SECONDS: seconds(30, "How long the work of a replica that vanished rests."),
  PROXBOX_PERMIT_ACK_WAIT_SECONDS: seconds(30, "How long the NetBox permit of a process that vanished rests."),
  PROXBOX_ORCHESTRATOR_ACK_WAIT_SECONDS: seconds(30, "How long an event rests when its orchestrator vanished."),
} satisfies TProperties;

/** What every process has: its name, its log, its health port, its key, its end. */
export const serviceConfig = {
  ...busConfig,
  PROXBOX_LOG_LEVEL: Type.Union(
    logLevels.map((level) => Type.Literal(level)),
    { default: "info", description: "Lowest level that is logged." },
  ),
  PROXBOX_REPLICA: Type.String({
    default: defaultReplica(),
    pattern: "^[A-Za-z0-9_-]{1,64}$",
    description: "Name of this process; default: host name and process id.",
  }),
  PROXBOX_BUILD: Type.String({ default: "dev", description: "Build that is written into messages." }),
  PROXBOX_HEALTH_PORT: port("Port of /health, /ready and /metrics; 0: any free one; not set: none."),
  PROXBOX_HEALTH_HOST: Type.String({ default: "0.0.0.0", description: "Address of that port." }),
  PROXBOX_ITEM_WORKERS: Type.Integer({ default: 4, minimum: 1, maximum: 64, description: "Items at work at once." }),
  PROXBOX_NETBOX_TIMEOUT_SECONDS: seconds(20, "When a NetBox request is given up; below the permit's ack wait."),
  PROXBOX_DRAIN_SECONDS: seconds(25, "How long work in hand may take to end when the process is stopped.", 0),
  PROXBOX_ALLOW_LOOPBACK_TARGETS: Type.Boolean({
    default: true,
    description:
      "Whether an endpoint may be on this machine; the plugin sends 127.0.0.1 for an endpoint without an IP.",
  }),
  PROXBOX_ENCRYPTION_KEY: secret("Key of the stored secrets, a text of any length."),
  PROXBOX_ENCRYPTION_KEY_FILE: Type.String({
    default: "./data/encryption.key",
    description: "File with that key; generated when there is none and nothing is encrypted yet.",
  }),
} satisfies TProperties;

const ServiceConfig = Type.Object(serviceConfig);

/** The settings every process has. */
export type ServiceConfig = Static<typeof ServiceConfig>;

/** The settings that concern the bus. */
export type BusConfig = Pick<ServiceConfig, keyof typeof busConfig>;

/**
 * Reads the settings every process has.
 * Throws ConfigError with every fault; also when a NetBox request could outlive its permit.
 */
export function readServiceConfig(env: Environment): ServiceConfig {
  const config = readConfig(ServiceConfig, env);
  checkTimes(config);
  return config;
}

/**
 * Refuses times under which the limit of NetBox requests would not hold: a request must have been given up before its
 * permit is handed out again. Throws ConfigError.
 */
export function checkTimes(config: ServiceConfig): void {
  if (config.PROXBOX_NETBOX_TIMEOUT_SECONDS < config.PROXBOX_PERMIT_ACK_WAIT_SECONDS) return;
  throw new ConfigError(
    "bad_settings",
    `PROXBOX_NETBOX_TIMEOUT_SECONDS is ${config.PROXBOX_NETBOX_TIMEOUT_SECONDS}; it must be less than ` +
      `PROXBOX_PERMIT_ACK_WAIT_SECONDS (${config.PROXBOX_PERMIT_ACK_WAIT_SECONDS}).`,
    { next: "Otherwise a permit would be given to another before its request has ended." },
  );
}

function defaultReplica(): string {
  const name = `${hostname().split(".")[0]}-${process.pid}`.replace(/[^A-Za-z0-9_-]/g, "-").slice(-64);
  return isToken(name) ? name : `replica-${process.pid}`;
}
