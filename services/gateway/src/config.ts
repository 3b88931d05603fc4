import { type Environment, readConfig } from "@proxbox/runtime/config";
import { ConfigError } from "@proxbox/runtime/errors";
import { checkTimes, serviceConfig } from "@proxbox/runtime/settings";
import { type Static, Type } from "@sinclair/typebox";
import { isAddressRange } from "./access/client-address.ts";

const GatewaySettings = Type.Object({
  ...serviceConfig,
  PROXBOX_BIND_HOST: Type.String({ default: "0.0.0.0", description: "Address to listen on." }),
  PORT: Type.Integer({
    default: 8800,
    minimum: 0,
    maximum: 65_535,
    description: "Port to listen on; 0: any free one.",
  }),
  PROXBOX_TLS_CERT_FILE: Type.String({
    default: "",
    description: "Certificate (PEM, with its chain) to speak HTTPS with; empty: plain HTTP.",
  }),
  PROXBOX_TLS_KEY_FILE: Type.String({ default: "", description: "Private key (PEM) of that certificate." }),
  PROXBOX_RATE_LIMIT: Type.Optional(
    Type.Integer({
      minimum: 1,
      description: "Requests a minute from one address, with a key or without; not set: 300 without a valid one.",
    }),
  ),
  PROXBOX_TRUSTED_PROXIES: Type.String({
    default: "",
    description: "Addresses or ranges of proxies whose X-Forwarded-For is believed, separated by commas.",
  }),
  PROXBOX_CORS_EXTRA_ORIGINS: Type.String({
    default: "",
    description: "Further origins whose pages may call us, separated by commas.",
  }),
  PROXBOX_OPEN_LOGS: Type.Boolean({
    default: false,
    description: "Whether /admin/logs and its stream answer without a key, as the plugin's logs page needs it.",
  }),
  PROXBOX_DELETE_ORPHANS: Type.Boolean({
    default: false,
    description: "The option delete_orphans of runs that do not give it.",
  }),
  PROXBOX_PLUGIN_TOLERANT: Type.Boolean({
    default: false,
    description: "Whether a stage of the plugin of which single objects failed ends well, with warnings.",
  }),
  PROXBOX_DISCONNECT_GRACE_SECONDS: Type.Integer({
    default: 60,
    minimum: 1,
    maximum: 86_400,
    description: "How long a run that the plugin asked for goes on when nobody reads it any more.",
  }),
});

/** The settings of the gateway. */
export type GatewayConfig = Static<typeof GatewaySettings> & { trustedProxies: string[]; origins: string[] };

/** Reads the settings of the gateway. Throws ConfigError with every fault. */
export function readGatewayConfig(env: Environment): GatewayConfig {
  const config = readConfig(GatewaySettings, env);
  checkTimes(config);
  const trustedProxies = entries(config.PROXBOX_TRUSTED_PROXIES);
  const wrong = trustedProxies.filter((entry) => !isAddressRange(entry));
  if (wrong.length > 0) {
    throw new ConfigError(
      "bad_settings",
      `PROXBOX_TRUSTED_PROXIES has ${wrong.join(", ")}; each entry must be an address or a range such as 10.0.0.0/8.`,
      { next: "Correct the environment." },
    );
  }
  const origins = entries(config.PROXBOX_CORS_EXTRA_ORIGINS).map((origin) => origin.replace(/\/+$/, ""));
  return { ...config, trustedProxies, origins };
}

function entries(list: string): string[] {
  return list
    .split(",")
    .map((entry) => entry.trim())
    .filter((entry) => entry !== "");
}
