import type { Json, JsonObject } from "../src/netbox/model.ts";
import type { PluginRelease } from "../src/netbox/models/plugin-parts.ts";
import { type SimulatedNetBox, startNetBox } from "../src/netbox/server.ts";

/** One recorded exchange with a real NetBox. */
export type Exchange = {
  readonly case: string;
  readonly n: number;
  readonly note?: string;
  readonly setup?: boolean;
  /** Lists of the recording that were cut to two items. */
  readonly elided?: string;
  readonly request: {
    readonly method: string;
    readonly path: string;
    readonly query?: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly auth: string | null;
    readonly authorization?: string;
    readonly body?: Json;
  };
  readonly response: {
    readonly status: number;
    /** Not compared where they were not recorded. */
    readonly headers?: Readonly<Record<string, string>>;
    readonly body: Json;
  };
};

/** How the simulator's answer differs from the recorded one; undefined when it does not. */
export type Outcome = { readonly exchange: Exchange; readonly difference: string | undefined };

const RECORDED_AT = "http://127.0.0.1:8000";

const readLines = async (name: string): Promise<string[]> => {
  const file = Bun.file(new URL(`../fixtures/netbox/${name}.jsonl.gz`, import.meta.url));
  const text = new TextDecoder().decode(Bun.gunzipSync(await file.bytes()));
  return text.split("\n").filter((line) => line !== "");
};

type NewerAnswer = Pick<Exchange, "case" | "n"> & { readonly response: Pick<Exchange["response"], "status" | "body"> };

const readExchanges = async (name: string): Promise<Exchange[]> =>
  (await readLines(name)).map((line) => JSON.parse(line) as Exchange);

/** The exchanges with a NetBox that has this release of the plugin, in order. Of the newer release the answers to the older one's requests were recorded where they differ, and cases of its own. */
export const loadExchanges = async (release: PluginRelease): Promise<Exchange[]> => {
  const exchanges = await readExchanges("exchanges-0.0.24");
  if (release === "0.0.24") return exchanges;
  const newer = (await readLines(`answers-${release}`)).map((line) => JSON.parse(line) as NewerAnswer);
  const answers = new Map(newer.map((answer) => [`${answer.case} ${answer.n}`, answer.response]));
  const repeated = exchanges.map((exchange) => {
    const answer = answers.get(`${exchange.case} ${exchange.n}`);
    if (!answer) return exchange;
    const sameStatus = answer.status === exchange.response.status;
    return { ...exchange, response: sameStatus ? { ...exchange.response, ...answer } : answer };
  });
  return [...repeated, ...(await readExchanges(`exchanges-${release}`))];
};

const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;
const IN_TEXT: readonly (readonly [RegExp, string])[] = [
  [/\d{4}-\d\d-\d\d \d\d:\d\d/g, "<minute>"],
  [/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, "<uuid>"],
  [/\*{20,}.{6}/g, "<masked>"],
  [/Choices are: .*/g, "Choices are: ..."],
  [/JSON parse error - .*/g, "JSON parse error"],
];

/** Text that differs from one NetBox to the next, as what it is. */
const settle = (text: string): string =>
  IN_TEXT.reduce((settled, [pattern, name]) => settled.replace(pattern, name), text);

const kindOf = (value: Json | undefined): string =>
  Array.isArray(value) ? "list" : value === null ? "null" : typeof value;

const compareText = (recorded: string, got: string, at: string): string | undefined => {
  if (INSTANT.test(recorded) && INSTANT.test(got)) return undefined;
  return settle(recorded) === settle(got)
    ? undefined
    : `${at}: ${JSON.stringify(got)}, not ${JSON.stringify(recorded)}`;
};

/** What describes the machine, not the behaviour. */
const OF_THE_MACHINE = new Set(["hostname", "installed_apps", "rq-workers-running", "email"]);

/** Counters nested in the answer to a write are those of before it. */
const isNestedCounter = (key: string, at: string) => key.endsWith("_count") && !/^body(\.results)?(\[\d+\])?$/.test(at);

const compareObjects = (recorded: JsonObject, got: JsonObject, at: string): string | undefined => {
  const missing = Object.keys(recorded).filter((key) => !(key in got));
  const extra = Object.keys(got).filter((key) => !(key in recorded));
  if (missing.length > 0 || extra.length > 0) return `${at}: lacks [${missing}], has [${extra}] besides`;
  for (const key of Object.keys(recorded)) {
    if (OF_THE_MACHINE.has(key) || isNestedCounter(key, at)) continue;
    const difference = compare(recorded[key] as Json, got[key] as Json, `${at}.${key}`);
    if (difference !== undefined) return difference;
  }
  return undefined;
};

/** Compares values: keys, types, lengths of lists, and every value that is not the moment's. */
const compare = (recorded: Json, got: Json, at: string): string | undefined => {
  if (kindOf(recorded) !== kindOf(got)) return `${at}: ${JSON.stringify(got)}, not ${JSON.stringify(recorded)}`;
  if (Array.isArray(recorded) && Array.isArray(got)) {
    if (recorded.length !== got.length) return `${at}: ${got.length} items, not ${recorded.length}`;
    for (const [index, item] of recorded.entries()) {
      const difference = compare(item as Json, got[index] as Json, `${at}[${index}]`);
      if (difference !== undefined) return difference;
    }
    return undefined;
  }
  if (kindOf(recorded) === "object") return compareObjects(recorded as JsonObject, got as JsonObject, at);
  if (typeof recorded === "string") return compareText(recorded, got as string, at);
  return recorded === got ? undefined : `${at}: ${JSON.stringify(got)}, not ${JSON.stringify(recorded)}`;
};

type Memory = { readonly netbox: SimulatedNetBox; readonly etags: Map<string, string> };

const authorizationOf = ({ request }: Exchange, { netbox }: Memory): string | undefined => {
  switch (request.auth) {
    case "admin":
      return `Token ${netbox.tokens.v1}`;
    case "admin-v2":
      return netbox.tokens.v2.header;
    case "limited":
    case "readonly":
      return `Token ${request.auth === "limited" ? "<LIMITED-V1-TOKEN>" : "<READONLY-V1-TOKEN>"}`;
    case "literal":
      return (request.authorization ?? "")
        .replace("<V1-TOKEN>", netbox.tokens.v1)
        .replace("nbt_outsidekey01.<V2-SECRET>", `nbt_${netbox.tokens.v2.key}.${netbox.tokens.v2.secret}`)
        .replace("outsidekey01", netbox.tokens.v2.key);
    default:
      return undefined;
  }
};

/** Bodies that were cut in the recording, whole again. */
const ELIDED_BODIES: Readonly<Record<string, () => Json>> = {
  "list/max-page-size 1": () =>
    Array.from({ length: 1005 }, (_, at) => ({
      name: `p${String(at).padStart(4, "0")}`,
      slug: `p${String(at).padStart(4, "0")}`,
    })),
};

const bodyOf = ({ case: name, n, request }: Exchange): string | undefined => {
  const { body } = request;
  const whole = ELIDED_BODIES[`${name} ${n}`];
  if (whole) return JSON.stringify(whole());
  if (body === undefined) return undefined;
  const raw = typeof body === "object" && body !== null && "raw" in body ? body.raw : undefined;
  return typeof raw === "string" ? raw : JSON.stringify(body);
};

const rowAfter = (body: Json, elided: string | undefined): Json =>
  elided?.includes("response body: list") && Array.isArray(body) ? body.slice(0, 2) : body;

const send = async (exchange: Exchange, memory: Memory): Promise<Response> => {
  const { request } = exchange;
  const headers = new Headers(request.headers ?? {});
  const authorization = authorizationOf(exchange, memory);
  if (authorization !== undefined) headers.set("Authorization", authorization);
  const ifMatch = headers.get("If-Match");
  if (ifMatch !== null) {
    headers.set(
      "If-Match",
      ifMatch.replace(/W\/"[^"]*"/g, (tag) => memory.etags.get(tag) ?? tag),
    );
  }
  const body = bodyOf(exchange);
  const url = `${memory.netbox.url}${request.path}${request.query ? `?${request.query}` : ""}`;
  return fetch(url, {
    method: request.method,
    headers,
    redirect: "manual",
    ...(body === undefined ? {} : { body }),
  });
};

const compareAnswers = async (exchange: Exchange, response: Response, memory: Memory): Promise<string | undefined> => {
  const { response: recorded, request } = exchange;
  const text = await response.text();
  const recordedTag = recorded.headers?.ETag;
  const tag = response.headers.get("ETag");
  if (recordedTag !== undefined && tag !== null) memory.etags.set(recordedTag, tag);
  if (response.status !== recorded.status) {
    return `status ${response.status}, not ${recorded.status}: ${text.slice(0, 300)}`;
  }
  if (recorded.headers && (recordedTag === undefined) !== (tag === null))
    return `ETag ${tag}, not ${recordedTag ?? null}`;
  const type = response.headers.get("Content-Type");
  if (recorded.headers?.["Content-Type"]?.startsWith("text/html")) {
    return type?.startsWith("text/html") ? undefined : `Content-Type ${type}, not text/html`;
  }
  if (request.method === "HEAD" || request.method === "OPTIONS" || recorded.body === null) return undefined;
  if (text === "") return "no body";
  const got = JSON.parse(text.replaceAll(memory.netbox.url, RECORDED_AT)) as Json;
  return compare(recorded.body, rowAfter(got, exchange.elided), "body");
};

/** What was set by SQL before an exchange (its note says so). */
const BEFORE: Readonly<Record<string, (netbox: SimulatedNetBox) => void>> = {
  "vm/disk-stale-sum 5": (netbox) => netbox.edit("virtualization/virtual-machines", 1, { disk: 5 }),
};

/** Replays one case from an empty NetBox with this release of the plugin. */
export const replayCase = async (exchanges: readonly Exchange[], release: PluginRelease): Promise<Outcome[]> => {
  const name = exchanges[0]?.case ?? "";
  await using netbox = await startNetBox({
    plugin: release,
    enforceGlobalUnique: name !== "unique/ip-global-not-enforced",
  });
  const memory: Memory = { netbox, etags: new Map() };
  const outcomes: Outcome[] = [];
  for (const exchange of exchanges) {
    BEFORE[`${name} ${exchange.n}`]?.(netbox);
    const response = await send(exchange, memory);
    outcomes.push({ exchange, difference: await compareAnswers(exchange, response, memory) });
  }
  return outcomes;
};
