import type { Answer, Call } from "./api.ts";
import { crash } from "./errors.ts";
import { createPlaces, createRowLocks } from "./locks.ts";
import type { Json, JsonObject } from "./model.ts";

/** What requests cost, in milliseconds of one core. */
export type CostModel = {
  /** Processes; each keeps one core busy. */
  readonly workers: number;
  /** Requests a process works on at once; they share its core, and wait for locks without it. */
  readonly threads: number;
  /** A request before its first object. */
  readonly read: number;
  readonly write: number;
  /** One row shown, and one key of it. */
  readonly row: number;
  readonly key: number;
  /** Rows of these paths cost this instead of `row`. */
  readonly rows: Readonly<Record<string, number>>;
  /** One object written, by "METHOD path"; `object` for all others. */
  readonly objects: Readonly<Record<string, number>>;
  readonly object: number;
  /** Share of a POSTed object's cost that is its check: all items are checked before the first is saved, and locks come with saving. */
  readonly checking: number;
  /** Work takes this many times as long while others wait for a core. */
  readonly crowded: number;
  /** Paths whose POSTs and single writes hold one global lock. */
  readonly serial: readonly string[];
  /** Children lock their parent's row: the field that names it. A model's own rows are locked by bulk PATCH as "id". */
  readonly parents: Readonly<Record<string, string>>;
  /** A new object is counted in a row that is no parent of it, and locks that: the field that names it. */
  readonly counted: Readonly<Record<string, string>>;
  /** How long a deadlock lasts before one of the two is given up. */
  readonly deadlock: number;
};

const INTERFACES = "virtualization/interfaces";
const MACHINES = "virtualization/virtual-machines";

/** NetBox 4.6.8 on two cores with two gunicorn workers of three threads, as measured: about 120 VMs or 70 addresses a second. */
export const MEASURED: CostModel = {
  workers: 2,
  threads: 3,
  read: 55,
  write: 35,
  row: 0.09,
  key: 0.012,
  rows: { [INTERFACES]: 1.1 },
  objects: {
    [`POST ${MACHINES}`]: 15.5,
    [`PATCH ${MACHINES}`]: 14,
    [`DELETE ${MACHINES}`]: 58,
    [`POST ${INTERFACES}`]: 14,
    [`DELETE ${INTERFACES}`]: 18,
    "POST ipam/ip-addresses": 13.3,
    "POST virtualization/virtual-disks": 10,
    "POST dcim/interfaces": 19,
    "POST dcim/mac-addresses": 6.5,
    "POST dcim/devices": 50,
    "POST extras/tags": 6,
    "POST plugins/proxbox/storage": 6,
    "POST plugins/proxbox/proxmox-nodes": 8.5,
    "POST plugins/proxbox/vm-cloudinit": 15,
    "POST plugins/proxbox/sync-state/virtual-machines": 16,
    "PATCH plugins/proxbox/sync-state/virtual-machines": 10,
  },
  object: 12,
  checking: 0.6,
  crowded: 1.15,
  serial: ["ipam/ip-addresses"],
  parents: {
    [INTERFACES]: "virtual_machine",
    "virtualization/virtual-disks": "virtual_machine",
    "dcim/interfaces": "device",
    [MACHINES]: "id",
    "dcim/devices": "id",
  },
  counted: { [MACHINES]: "virtual_machine_type", "dcim/devices": "device_type" },
  deadlock: 1000,
};

/** One request at work. */
export type Work = {
  /** Takes what the answer costs beyond what was known before. */
  spend(answer: Answer): Promise<void>;
  end(): void;
};

/** Makes requests take their time. */
export type Cost = {
  /** Waits for a place, locks and time, as far as the request tells. Throws 500 when it meets a deadlock. */
  begin(call: Call): Promise<Work>;
};

const FREE: Work = { spend: () => Promise.resolve(), end: () => undefined };

const items = (body: Json | undefined): readonly Json[] =>
  Array.isArray(body) ? body : body === undefined ? [] : [body];

const readBody = (call: Call): readonly Json[] => {
  try {
    return items(call.body());
  } catch {
    return [];
  }
};

const counterOf = (to: string | undefined, item: Json, field: string): string | undefined => {
  const value = (item as JsonObject | null)?.[field];
  return value === undefined || value === null ? undefined : `${to} ${JSON.stringify(value)}`;
};

/** The rows a write locks, in the order it takes them; undefined where an item locks none. */
const locksOf = (model: CostModel, call: Call, body: readonly Json[]): readonly (string | undefined)[] => {
  const { table, id, method } = call;
  const field = model.parents[table.model.path];
  const ids = id === undefined ? body.map((item) => Number((item as JsonObject | null)?.id)) : [id];
  const counter = method === "POST" ? model.counted[table.model.path] : undefined;
  if (counter !== undefined) return body.map((item) => counterOf(table.model.fields[counter]?.to, item, counter));
  if (field === undefined) return body.map(() => undefined);
  if (field === "id") {
    const rows = method === "PATCH" || method === "PUT" ? ids.flatMap((own) => table.rows.get(own) ?? []) : [];
    return rows
      .sort((a, b) => (String(a.name) < String(b.name) ? -1 : 1))
      .map((row) => `${table.model.path} ${row.id}`);
  }
  const to = table.model.fields[field]?.to;
  if (method !== "POST") return ids.map((own) => `${to} ${table.rows.get(own)?.[field]}`);
  return body.map((item) => `${to} ${(item as JsonObject | null)?.[field]}`);
};

const shownKeys = (body: Json | undefined): number => {
  const results = (body as JsonObject | undefined)?.results;
  const first = Array.isArray(results) ? results[0] : body;
  return typeof first === "object" && first !== null ? Object.keys(first).length : 0;
};

const isRead = ({ method }: Call) => method === "GET" || method === "HEAD";

const deadlocked = () =>
  crash(
    "OperationalError",
    "deadlock detected\nDETAIL:  Process 1 waits for ShareLock on transaction 2; blocked by process 3.",
  );

/** A cost model at work; without one, nothing takes any time. */
export const createCost = (model: CostModel | null): Cost => {
  if (!model) return { begin: () => Promise.resolve(FREE) };
  const threads = createPlaces(model.workers * model.threads);
  const cores = createPlaces(model.workers);
  const locks = createRowLocks(model.deadlock);
  const serial = createPlaces(1);

  const compute = async (ms: number): Promise<void> => {
    await cores.take();
    await Bun.sleep(cores.waiting() > 0 ? ms * model.crowded : ms);
    cores.free();
  };

  const write = async (owner: object, call: Call): Promise<void> => {
    const body = readBody(call);
    const each = model.objects[`${call.method} ${call.table.model.path}`] ?? model.object;
    const keys = locksOf(model, call, body);
    const count = Math.max(1, keys.length, body.length);
    const check = call.method === "POST" ? each * model.checking : 0;
    await compute(model.write);
    for (let at = 0; check > 0 && at < count; at += 1) await compute(check);
    for (let at = 0; at < count; at += 1) {
      const key = keys[at];
      if (key !== undefined && !(await locks.take(owner, key))) throw deadlocked();
      await compute(each - check);
    }
  };

  const begin = async (call: Call): Promise<Work> => {
    const owner = {};
    const single = call.id !== undefined || call.method === "POST";
    const alone = !isRead(call) && single && model.serial.includes(call.table.model.path);
    await threads.take();
    if (alone) await serial.take();
    const end = () => {
      locks.release(owner);
      if (alone) serial.free();
      threads.free();
    };
    const spend = async (answer: Answer): Promise<void> => {
      if (!isRead(call)) return;
      const row = model.rows[call.table.model.path] ?? model.row;
      await compute(model.read + answer.shown * (row + model.key * shownKeys(answer.body)));
    };
    try {
      if (!isRead(call)) await write(owner, call);
      return { spend, end };
    } catch (error) {
      end();
      throw error;
    }
  };
  return { begin };
};
