import { estateTime } from "./build-snapshots.ts";
import type { EstateGuest, EstateNode, EstateTask } from "./estate.ts";
import { type Random, seededRandom, seedOf } from "./random.ts";

/** What tasks are made of; `perGuest` is at most how many each guest has. */
export type TaskSources = {
  seed: number;
  nodes: readonly EstateNode[];
  guests: Iterable<EstateGuest>;
  perGuest: number;
};

/** Fills the tasks of nodes: those of guests, those of guests that are gone, and those of the nodes themselves. */
export function buildTasks({ seed, nodes, guests, perGuest }: TaskSources): void {
  const byName = new Map(nodes.map((node) => [node.name, node]));
  for (const { vmid, type, node } of guests) {
    const random = seededRandom(seedOf(seed, vmid, 3));
    for (let count = random.integer(0, perGuest); count > 0; count--) {
      const place = random.chance(0.9) ? byName.get(node) : random.pick(nodes as [EstateNode]);
      place?.tasks.push(taskOf(random, place.name, random.pick(guestTypes[type]), `${vmid}`));
    }
  }
  for (const node of nodes) {
    const random = seededRandom(seedOf(seed, node.id, 4));
    for (const [type, id] of nodeTasks) node.tasks.push(taskOf(random, node.name, type, id));
    node.tasks.sort((left, right) => left.starttime - right.starttime || (left.upid < right.upid ? -1 : 1));
  }
}

/** A task of a node, finished within the month before the estate's time. */
export function taskOf(random: Random, node: string, type: string, id: string): EstateTask {
  const starttime = estateTime - random.integer(7200, 30 * 86_400);
  const user = random.pick(["root@pam", "root@pam", "ops@pve", "backup@pbs!nightly"]);
  const [pid, pstart] = [random.integer(1000, 4_000_000), random.integer(100_000, 3_000_000_000)];
  const hex = (value: number) => value.toString(16).toUpperCase().padStart(8, "0");
  return {
    upid: `UPID:${node}:${hex(pid)}:${hex(pstart)}:${hex(starttime)}:${type}:${id}:${user}:`,
    node,
    pid,
    pstart,
    starttime,
    endtime: starttime + random.integer(1, 7000),
    type,
    id,
    user,
    status: random.chance(0.85) ? "OK" : random.pick(failures),
  };
}

const failures = [
  "WARNINGS: 2",
  "command 'zfs snapshot rpool/data/vm-100-disk-0@x' failed: exit code 1",
  "unable to create image: Größe ungültig – „0“",
  `job errors: ${"a very long reason, ".repeat(130)}`,
] as const;

const guestTypes = {
  qemu: [
    "qmstart",
    "qmshutdown",
    "qmreboot",
    "qmstop",
    "qmigrate",
    "qmsnapshot",
    "qmdelsnapshot",
    "qmrollback",
    "qmconfig",
    "qmcreate",
    "qmclone",
    "qmrestore",
    "qmmove",
    "qmpause",
    "qmresume",
    "qmtemplate",
    "vzdump",
    "vncproxy",
    "hamigrate",
    "hastart",
  ],
  lxc: [
    "vzstart",
    "vzshutdown",
    "vzreboot",
    "vzstop",
    "vzmigrate",
    "vzsnapshot",
    "vzcreate",
    "vzrestore",
    "vzdump",
    "vncproxy",
    "hastop",
  ],
} as const;

/** Tasks that belong to no guest we know, some of which look as if they did. */
const nodeTasks = [
  ["aptupdate", ""],
  ["vzdump", ""],
  ["srvreload", "networking"],
  ["startall", ""],
  ["vncshell", ""],
  ["zfscreate", "100"],
  ["cephdestroyosd", "101"],
  ["qmdestroy", "99999"],
  ["imgdel", "100@local"],
] as const;
