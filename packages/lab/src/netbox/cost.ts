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
  /** Writes that lock a row until they end, by "METHOD path": the field that names it, `id` for the row itself. Children that a parent counts or sums lock it. */
  readonly locks: Readonly<Record<string, string>>;
  /** A new object is counted in a row that is no parent of it, and locks that: the field that names it. */
  readonly counted: Readonly<Record<string, string>>;
  /** How long a deadlock lasts before one of the two is given up. */
  readonly deadlock: number;
};

const INTERFACES = "virtualization/interfaces";
const MACHINES = "virtualization/virtual-machines";
const DISKS = "virtualization/virtual-disks";
const PORTS = "dcim/interfaces";
const PROXBOX = "plugins/proxbox";

const sdnTable = (name: string) => ({
  [`POST ${PROXBOX}/sdn-${name}`]: 9,
  [`PATCH ${PROXBOX}/sdn-${name}`]: 4.2,
});

/** NetBox 4.6.8 on two cores with two gunicorn workers of three threads, as measured with one tag on every object: about 120 VMs or 70 addresses a second. */
export const MEASURED: CostModel = {
  workers: 2,
  threads: 3,
  read: 55,
  write: 35,
  row: 0.09,
  key: 0.012,
  rows: { [INTERFACES]: 1.1, [PORTS]: 1, "dcim/mac-addresses": 0.8 },
  objects: {
    [`POST ${MACHINES}`]: 15.5,
    [`PATCH ${MACHINES}`]: 14,
    [`DELETE ${MACHINES}`]: 58,
    [`POST ${INTERFACES}`]: 14,
    [`PATCH ${INTERFACES}`]: 9.5,
    [`DELETE ${INTERFACES}`]: 18,
    "POST ipam/ip-addresses": 13.3,
    "PATCH ipam/ip-addresses": 8.7,
    [`POST ${DISKS}`]: 10,
    [`PATCH ${DISKS}`]: 10,
    [`POST ${PORTS}`]: 19,
    [`PATCH ${PORTS}`]: 13.6,
    "POST dcim/mac-addresses": 10,
    "PATCH dcim/mac-addresses": 6.5,
    "DELETE dcim/mac-addresses": 8.4,
    "POST dcim/devices": 50,
    "POST extras/tags": 6,
    "POST extras/journal-entries": 4.7,
    "PATCH extras/journal-entries": 5.1,
    "POST ipam/vlans": 7.9,
    "PATCH ipam/vlans": 5,
    "POST ipam/prefixes": 11.8,
    "PATCH ipam/prefixes": 5.4,
    "POST ipam/route-targets": 7.4,
    "PATCH ipam/route-targets": 4,
    "POST vpn/l2vpns": 19,
    "PATCH vpn/l2vpns": 5.3,
    "POST vpn/l2vpn-terminations": 10.9,
    "PATCH vpn/l2vpn-terminations": 8.6,
    [`POST ${PROXBOX}/storage`]: 6,
    [`POST ${PROXBOX}/proxmox-nodes`]: 8.5,
    [`POST ${PROXBOX}/vm-cloudinit`]: 15,
    [`POST ${PROXBOX}/backups`]: 9.6,
    [`PATCH ${PROXBOX}/backups`]: 4.9,
    [`POST ${PROXBOX}/snapshots`]: 8.4,
    [`PATCH ${PROXBOX}/snapshots`]: 4.2,
    [`POST ${PROXBOX}/task-history`]: 9.5,
    [`PATCH ${PROXBOX}/task-history`]: 3.8,
    [`POST ${PROXBOX}/replications`]: 9.8,
    [`PATCH ${PROXBOX}/replications`]: 4.9,
    [`POST ${PROXBOX}/backup-routines`]: 9.1,
    [`PATCH ${PROXBOX}/backup-routines`]: 5.1,
    [`POST ${PROXBOX}/guest-vm-interfaces`]: 8.5,
    [`PATCH ${PROXBOX}/guest-vm-interfaces`]: 4.4,
    [`POST ${PROXBOX}/sync-state/virtual-machines`]: 16,
    [`PATCH ${PROXBOX}/sync-state/virtual-machines`]: 10,
    [`POST ${PROXBOX}/sync-state/virtual-disks`]: 9.8,
    [`PATCH ${PROXBOX}/sync-state/virtual-disks`]: 4.8,
    [`POST ${PROXBOX}/sync-state/vm-interfaces`]: 9.8,
    [`PATCH ${PROXBOX}/sync-state/vm-interfaces`]: 4.8,
    [`POST ${PROXBOX}/sync-state/interfaces`]: 9,
    [`PATCH ${PROXBOX}/sync-state/interfaces`]: 4.2,
    ...sdnTable("fabrics"),
    ...sdnTable("controllers"),
    ...sdnTable("zones"),
    ...sdnTable("vnets"),
    ...sdnTable("subnets"),
    ...sdnTable("bindings"),
    ...sdnTable("route-maps"),
    ...sdnTable("prefix-lists"),
  },
  object: 12,
  checking: 0.6,
  crowded: 1.15,
  serial: ["ipam/ip-addresses"],
  locks: {
    [`POST ${INTERFACES}`]: "virtual_machine",
    [`DELETE ${INTERFACES}`]: "virtual_machine",
    [`POST ${DISKS}`]: "virtual_machine",
    [`PATCH ${DISKS}`]: "virtual_machine",
    [`DELETE ${DISKS}`]: "virtual_machine",
    [`POST ${PORTS}`]: "device",
    [`DELETE ${PORTS}`]: "device",
    [`PATCH ${MACHINES}`]: "id",
    "PATCH dcim/devices": "id",
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
  const field = model.locks[`${method} ${table.model.path}`];
  const ids = id === undefined ? body.map((item) => Number((item as JsonObject | null)?.id)) : [id];
  const counter = method === "POST" ? model.counted[table.model.path] : undefined;
  if (counter !== undefined) return body.map((item) => counterOf(table.model.fields[counter]?.to, item, counter));
  if (field === undefined) return body.map(() => undefined);
  if (field === "id") {
    return ids
      .flatMap((own) => table.rows.get(own) ?? [])
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
