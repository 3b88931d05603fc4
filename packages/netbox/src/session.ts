import { createLeadJudge } from "@proxbox/runtime/forbidden-target";
import type { StageContext } from "@proxbox/runtime/stage";
import { createNetBoxClient, type NetBoxClient, type NetBoxClientOptions, newClientMemory } from "./client.ts";
import { openDrafts } from "./draft-store.ts";
import { defaultPatience, type RequestSample } from "./send.ts";
import { type NetBoxConfig, readNetBoxConfig } from "./settings.ts";

/** What a client of NetBox needs of its process. */
type Context = Pick<StageContext, "netbox" | "log" | "permits" | "samples" | "metrics" | "shared" | "env">;

/**
 * The client of a stage's NetBox: every request holds a permit of the bus, is told to the throttle controller and
 * counted. That of a dry run writes nothing. What clients of one NetBox learn (its release, batch sizes) is kept per process.
 */
export function netboxOf(ctx: StageContext): NetBoxClient {
  const drafts = ctx.options.dry_run ? openDrafts(ctx) : undefined;
  return createNetBoxClient({ ...clientOptions(ctx, ctx.options.netbox_branch_schema_id), drafts });
}

/**
 * The same for somebody who waits for the answer: nothing is sent twice, and a request is given up after `withinMs`, if
 * the process's own timeout is not shorter.
 */
export function liveNetbox(ctx: Context, withinMs: number): NetBoxClient {
  const options = clientOptions(ctx, undefined);
  const timeoutMs = Math.min(options.timeoutMs, withinMs - marginMs);
  return createNetBoxClient({ ...options, timeoutMs, patience: { retries: 0 } });
}

/** So that a timeout is told as one of NetBox before the wait as a whole is over. */
const marginMs = 100;

function clientOptions(ctx: Context, branch: string | undefined) {
  const { netbox, log, permits, samples, metrics } = ctx;
  const config = ctx.shared("netbox-config", () => readNetBoxConfig(ctx.env));
  const allowLoopback = config.PROXBOX_ALLOW_LOOPBACK_TARGETS;
  const delay = config.PROXBOX_NETBOX_RETRY_DELAY * 1_000;
  return {
    url: netbox.url,
    authorization: netbox.authorization,
    verifyTls: netbox.verify_ssl,
    branch,
    memory: ctx.shared(`netbox-memory ${netbox.url} ${branch ?? ""}`, () =>
      newClientMemory(createLeadJudge({ allowLoopback })),
    ),
    // One permit beside the others would be one request more than the owner of a NetBox allows.
    permit: (resource, signal, work) =>
      permits.with(config.PROXBOX_NETBOX_MAX_CONCURRENT === undefined ? resource : "netbox", signal, work),
    onSample: ({ method, ...sample }, resource) => {
      samples.tell(sample, resource);
      count(metrics, { method, ...sample });
      if (!sample.overload) return;
      const fact = { event: "netbox.refused", kind: sample.kind, status: sample.status, ms: sample.ms } as const;
      log.warn(fact, `NetBox did not take a ${method} of ${sample.kind}.`);
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
  } satisfies NetBoxClientOptions;
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
