import type { PermitResource } from "@proxbox/contracts/subjects";
import { endedWithin } from "@proxbox/runtime/deadline";
import { CancelledError } from "@proxbox/runtime/errors";
import { createLeadJudge, type LeadJudge } from "@proxbox/runtime/forbidden-target";
import type { Logger } from "@proxbox/runtime/log";
import { type BatchLimits, defaultBatchLimits } from "./batch-size.ts";
import type { Pace, WireRow, Written } from "./bulk.ts";
import type { Row } from "./canonical.ts";
import { removeRows, updateRows } from "./change-rows.ts";
import { createRows } from "./create-rows.ts";
import type { Identity } from "./desired.ts";
import type { DraftStore } from "./draft.ts";
import { drafting } from "./draft-writes.ts";
import { refusal } from "./failures.ts";
import { fieldsOf, type Lookup, lookupOf, otherwiseKey, type Query, queriesOf, rowKey } from "./identity.ts";
import { type KindName, kindNames, kindOf } from "./kinds.ts";
import { readList } from "./read-list.ts";
import { createSender, defaultPatience, type Patience, type PermitHook, type RequestSample } from "./send.ts";
import { sideBySide } from "./side-by-side.ts";

/** What NetBox says of itself. */
export type NetBoxStatus = {
  /** NetBox's release, e.g. `4.6.8`. */
  version: string;
  atLeast(major: number, minor: number, patch?: number): boolean;
  /** The release of the plugin netbox-proxbox; null when it is not installed. */
  plugin: string | null;
};

/** A client of one NetBox. Every request holds a permit. All of it may throw what `createSender` lists. */
export type NetBoxClient = {
  /** Whether what is written is only drafted: see `drafting`. */
  readonly isDryRun: boolean;
  /** Asked once and kept for ten minutes. */
  status(signal: AbortSignal): Promise<NetBoxStatus>;
  /** The body of `GET <path>` as it is, e.g. of `/api/status/`. Throws NetBoxAPIError for every status but 200. */
  get(path: string, signal: AbortSignal): Promise<unknown>;
  /**
   * Reads a list whole, e.g. `list("dcim/sites", { slug: ["a", "b"], fields: "id,slug" }, signal)`. A list of values means
   * "any of these". Rows are unique by id. Filters that NetBox does not know it ignores: hold what comes back against what
   * was asked.
   * Throws NetBoxAPIError `netbox_refused` for a bad filter, `netbox_unstable_list` for a list that never holds still.
   */
  list<T = Row>(path: string, query: Query, signal: AbortSignal): Promise<T[]>;
  /** Reads the rows of these look-ups and ids with the fields the engine compares, and possibly others. */
  read(kind: KindName, wanted: Wanted, signal: AbortSignal): Promise<Row[]>;
  /** Reads every row of a scope, told by NetBox's own filters, with the fields the engine compares: see `KnownRows`. */
  readAll(kind: KindName, scope: Query, signal: AbortSignal): Promise<Row[]>;
  /** See `createRows`. */
  create(kind: KindName, rows: readonly WireRow[], signal: AbortSignal): Promise<Written[]>;
  /** See `updateRows`. */
  update(kind: KindName, rows: readonly (WireRow & { id: number })[], signal: AbortSignal): Promise<Written[]>;
  /** See `removeRows`. */
  remove(kind: KindName, ids: readonly number[], signal: AbortSignal): Promise<Written[]>;
  /** Present batch sizes by kind and method. */
  batchSizes(): Record<string, number>;
};

/** Which rows to read: by id, by identity, by the second way a kind has. */
export type Wanted = { ids?: readonly number[]; lookups?: readonly Lookup[]; others?: readonly string[] };

/** What a client needs to know. */
export type NetBoxClientOptions = {
  url: string;
  authorization: string;
  verifyTls: boolean;
  branch?: string | undefined;
  /** Given for a dry run: nothing is written, and what would be is kept here. */
  drafts?: DraftStore | undefined;
  permit: PermitHook;
  onSample: (sample: RequestSample, resource: PermitResource) => void;
  log: Logger;
  /** When a request is given up, in milliseconds; default 20 s. Must be shorter than a permit lives. */
  timeoutMs?: number;
  patience?: Partial<Patience>;
  limits?: Partial<BatchLimits>;
  /** Pause between two batches, in milliseconds; default none. */
  delayMs?: number;
  /** Kinds that are written in smaller batches, or with longer pauses. */
  paces?: { readonly [K in KindName]?: { ceiling?: number | undefined; delayMs?: number | undefined } };
  /** Shared by clients of one NetBox; default: its own. */
  memory?: ClientMemory;
};

/**
 * What clients of one NetBox know together: its release, or who is asking for it, the batch sizes that were found, and
 * where its name leads.
 */
export type ClientMemory = {
  sizes: Map<string, number>;
  status: { known: NetBoxStatus; until: number } | null;
  asking: Promise<NetBoxStatus> | null;
  judge: LeadJudge;
};

/** A memory with nothing in it. */
export function newClientMemory(judge = createLeadJudge()): ClientMemory {
  return { sizes: new Map(), status: null, asking: null, judge };
}

const statusLifeMs = 600_000;

/** Creates a client of one NetBox; nothing is asked before it is used, and nothing is held open. */
export function createNetBoxClient(options: NetBoxClientOptions): NetBoxClient {
  const { log, timeoutMs = 20_000, delayMs = 0, memory = newClientMemory() } = options;
  const patience = { ...defaultPatience, ...options.patience };
  const url = options.url.replace(/\/+$/, "");
  const send = createSender({
    ...options,
    readOnly: options.drafts !== undefined,
    url,
    timeoutMs,
    patience,
    judge: memory.judge,
  });

  const get = async (path: string, signal: AbortSignal, kind = "other") => {
    const asked = { method: "GET", path } as const;
    const answer = await send({ ...asked, kind }, signal);
    if (answer.status !== 200) throw refusal(asked, answer);
    return answer.body;
  };
  const ask = async (signal: AbortSignal) => {
    const known = statusOf((await get("/api/status/", signal, "status")) as Record<string, unknown>);
    memory.status = { known, until: Date.now() + statusLifeMs };
    log.debug({ event: "netbox.version", version: known.version, plugin: known.plugin }, `NetBox is ${known.version}.`);
    return known;
  };
  const status = async (signal: AbortSignal): Promise<NetBoxStatus> => {
    if (memory.status && Date.now() < memory.status.until) return memory.status.known;
    memory.asking ??= ask(signal).finally(() => {
      memory.asking = null;
    });
    try {
      return await endedWithin(memory.asking, signal, 0);
    } catch (thrown) {
      if (signal.aborted) throw new CancelledError("The NetBox request was stopped.", thrown);
      // Who asked was called off; we were not.
      if (thrown instanceof CancelledError) return status(signal);
      throw thrown;
    }
  };
  const listRows = async (kind: string, path: string, query: Query, signal: AbortSignal): Promise<Row[]> => {
    const { atLeast } = await status(signal);
    return readList(send, kind, `/api/${path}/`, query, atLeast(4, 6), signal);
  };
  const drafted = options.drafts && drafting(listRows, options.drafts);
  const list = drafted?.list ?? listRows;
  const read: NetBoxClient["read"] = async (name, { ids = [], lookups = [], others = [] }, signal) => {
    const kind = kindOf(name);
    const fields = fieldsOf(name, (await status(signal)).atLeast);
    const queries = [...queriesOf(kind, lookups)];
    if (ids.length > 0) queries.push({ id: [...new Set(ids)] });
    if (kind.otherwise && others.length > 0) queries.push({ [kind.otherwise.filter]: [...new Set(others)] });
    const lists = await sideBySide(
      signal,
      queries.map((query) => (either) => list(name, kind.path, { ...query, fields }, either)),
    );
    return [...new Map(lists.flat().map((row) => [row.id, row])).values()];
  };
  const findExisting = async (name: KindName, rows: readonly WireRow[], signal: AbortSignal) => {
    const { otherwise } = kindOf(name);
    const lookups = rows
      .map((row) => lookupOf(name, row as Identity, () => undefined))
      .filter((lookup) => lookup !== null);
    const others = otherwise
      ? rows.map((row) => String(row[otherwise.field] ?? "")).filter((other) => other !== "")
      : [];
    const found = rows.length > 0 ? await read(name, { lookups, others }, signal) : [];
    return rows.map((wanted) => {
      const key = rowKey(name, { id: 0, ...wanted });
      const other = otherwise ? otherwiseKey(name, wanted[otherwise.field]) : null;
      const same = found.filter((row) => rowKey(name, row) === key);
      const like = otherwise && other ? found.filter((row) => otherwiseKey(name, row[otherwise.field]) === other) : [];
      const matches = same.length > 0 ? same : like;
      return matches.length === 1 && matches[0] ? matches[0] : null;
    });
  };
  const limits = { ...defaultBatchLimits, ...options.limits };
  const paceOf = (kind: KindName): Pace => {
    const own = options.paces?.[kind];
    const ceiling = Math.min(limits.ceiling, own?.ceiling ?? limits.ceiling);
    return {
      limits: { ...limits, ceiling, first: Math.min(limits.first, ceiling) },
      delayMs: Math.max(delayMs, own?.delayMs ?? 0),
    };
  };
  const io = {
    send,
    sizes: memory.sizes,
    paceOf,
    retries: patience.retries,
    patienceMs: patience.overloadMs,
    findExisting,
    log,
  };

  return {
    isDryRun: drafted !== undefined,
    status,
    get: (path, signal) => get(path, signal),
    list: async <T>(path: string, query: Query, signal: AbortSignal) => {
      const kind = kindNames.find((name) => kindOf(name).path === path) ?? path;
      return (await list(kind, path, query, signal)) as T[];
    },
    read,
    readAll: async (name, scope, signal) =>
      list(name, kindOf(name).path, { ...scope, fields: fieldsOf(name, (await status(signal)).atLeast) }, signal),
    create: drafted?.create ?? ((kind, rows, signal) => createRows(io, kind, rows, signal)),
    update: drafted?.update ?? ((kind, rows, signal) => updateRows(io, kind, rows, signal)),
    remove: drafted?.remove ?? ((kind, ids, signal) => removeRows(io, kind, ids, signal)),
    batchSizes: () => Object.fromEntries(memory.sizes),
  };
}

function statusOf(body: Record<string, unknown>): NetBoxStatus {
  const version = String(body["netbox-version"] ?? "0.0.0");
  const [major = 0, minor = 0, patch = 0] = version.split(/[.-]/).map(Number);
  const plugins = body.plugins as Record<string, unknown> | undefined;
  return {
    version,
    plugin: typeof plugins?.netbox_proxbox === "string" ? plugins.netbox_proxbox : null,
    atLeast: (wantedMajor, wantedMinor, wantedPatch = 0) =>
      major !== wantedMajor ? major > wantedMajor : minor !== wantedMinor ? minor > wantedMinor : patch >= wantedPatch,
  };
}
