import type { Bucket } from "@proxbox/runtime/buckets";
import type { Bus } from "@proxbox/runtime/bus";
import type { Health } from "@proxbox/runtime/health";
import type { Logger } from "@proxbox/runtime/log";
import type { Metrics } from "@proxbox/runtime/metrics";
import type { Vault } from "@proxbox/runtime/vault";
import type { KeyMemory, KeyStore } from "./access/key-store.ts";
import type { Lockouts } from "./access/lockouts.ts";
import type { GatewayConfig } from "./config.ts";
import type { EndpointStore } from "./endpoints/endpoint-store.ts";
import type { LogBook } from "./logs/log-book.ts";
import type { Wishes } from "./plugin/wishes/wishes.ts";
import type { Hub } from "./runs/hub.ts";
import type { RunStore } from "./runs/run-store.ts";

/** What the routes of a gateway are given. */
export type GatewayParts = {
  config: GatewayConfig;
  log: Logger;
  metrics: Metrics;
  health: Health;
  bus: Bus;
  settings: Pick<Bucket, "get">;
  vault: Pick<Vault, "open">;
  keys: KeyStore;
  /** What is remembered of the keys. */
  keyCache: Pick<KeyMemory, "stats" | "clear">;
  lockouts: Lockouts;
  logs: Pick<LogBook, "stored" | "follow">;
  endpoints: EndpointStore;
  runs: RunStore;
  wishes: Pick<Wishes, "attend">;
  hub: Hub;
};
