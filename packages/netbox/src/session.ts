import type { StageContext } from "@proxbox/runtime/stage";
import { createNetBoxClient, type NetBoxClient, type NetBoxClientOptions, newClientMemory } from "./client.ts";
import { defaultPatience, type RequestSample } from "./send.ts";
import { type NetBoxConfig, readNetBoxConfig } from "./settings.ts";

/**
 * The client of a stage's NetBox: every request holds a permit of the bus, is told to the throttle controller and
 * counted. What clients of one NetBox learn (its release, batch sizes) is kept per process.
 */
export function netboxOf(ctx: StageContext): NetBoxClient {
  const { netbox, options, log, permits, samples, metrics } = ctx;
  const config = ctx.shared("netbox-config", () => readNetBoxConfig(ctx.env));
  const branch = options.netbox_branch_schema_id;
  const delay = config.PROXBOX_NETBOX_RETRY_DELAY * 1_000;
  return createNetBoxClient({
    url: netbox.url,
    authorization: netbox.authorization,
    verifyTls: netbox.verify_ssl,
    branch,
    memory: ctx.shared(`netbox-memory ${netbox.url} ${branch ?? ""}`, newClientMemory),
    // One permit beside the others would be one request more than the owner of a NetBox allows.
    permit: (resource, signal, work) =>
      permits.with(config.PROXBOX_NETBOX_MAX_CONCURRENT === undefined ? resource : "netbox", signal, work),
    onSample: ({ method, ...sample }, resource) => {
      samples.tell(sample, resource);
      count(metrics, { method, ...sample });
      if (!sample.overload) return;
      const fact = { event: "netbox.refused", kind: sample.kind, status: sample.status, ms: sample.ms } as const;
      log.warn(fact, `NetBox did not take a ${method} of ${sample.kind}; it is sent again.`);
    },
    log,
    timeoutMs: config.PROXBOX_NETBOX_TIMEOUT_SECONDS * 1_000,
    patience: {
      retries: config.PROXBOX_NETBOX_MAX_RETRIES ?? defaultPatience.retries,
      minDelayMs: delay,
      maxDelayMs: Math.max(delay, defaultPatience.maxDelayMs),
    },
    limits: { ceiling: config.PROXBOX_BULK_BATCH_SIZE },
    delayMs: config.PROXBOX_BULK_BATCH_DELAY_MS,
    paces: pacesOf(config),
  });
}

function pacesOf(config: NetBoxConfig): NonNullable<NetBoxClientOptions["paces"]> {
  const interfaces = {
    ceiling: config.PROXBOX_INTERFACE_BATCH_SIZE,
    delayMs: config.PROXBOX_INTERFACE_BATCH_DELAY_MS,
  };
  return {
    backup: { ceiling: config.PROXBOX_BACKUP_BATCH_SIZE, delayMs: config.PROXBOX_BACKUP_BATCH_DELAY_MS },
    interface: interfaces,
    "interface-primary-mac": interfaces,
    "vm-interface": interfaces,
    "primary-mac": interfaces,
  };
}

function count(metrics: StageContext["metrics"], { method, status, ms, kind, write, overload }: RequestSample): void {
  metrics.netboxRequests.inc({ method, status: String(status) });
  metrics.netboxSeconds.observe({ method }, ms / 1_000);
  if (overload) metrics.retries.inc({ what: "netbox" });
  if (!write) return;
  const outcome = status >= 200 && status < 300 ? "ok" : overload ? "overload" : "refused";
  metrics.batches.inc({ kind, op: method, outcome });
  metrics.batchSeconds.observe({ kind, op: method }, ms / 1_000);
}
