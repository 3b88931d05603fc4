/** What the id of a task says. Times in seconds since 1970, UTC. */
export type Upid = {
  node: string;
  pid: number;
  pstart: number;
  startTime: number;
  type: string;
  /** What it was done to, mostly a vmid; "" for the node itself. */
  id: string;
  user: string;
};

const upidForm =
  /^UPID:([A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?):([0-9A-F]{8}):([0-9A-F]{8,9}):([0-9A-F]{8}):([^:\s]+):([^:\s]*):([^:\s]+):$/i;

/** Reads `UPID:pve1:0000C530:00A1B2C3:65938A05:qmstart:100:root@pam:`; null for anything else. */
export function parseUpid(upid: unknown): Upid | null {
  if (typeof upid !== "string") return null;
  const [, node, pid, pstart, startTime, type, id, user] = upidForm.exec(upid) ?? [];
  if (!node || !pid || !pstart || !startTime || !type || id === undefined || !user) return null;
  return {
    node,
    pid: Number.parseInt(pid, 16),
    pstart: Number.parseInt(pstart, 16),
    startTime: Number.parseInt(startTime, 16),
    type,
    id,
    user,
  };
}

/** Words in task types and what they stand for; the first that is found counts, so the longer come first. */
const actions: readonly (readonly [word: string, action: string])[] = [
  ["vzdump", "Backup"],
  ["delsnapshot", "Delete Snapshot"],
  ["destroy", "Destroy"],
  ["start", "Start"],
  ["shutdown", "Shutdown"],
  ["reboot", "Reboot"],
  ["stop", "Stop"],
  ["pause", "Pause"],
  ["resume", "Resume"],
  ["suspend", "Suspend"],
  ["delete", "Delete"],
  ["create", "Create"],
  ["clone", "Clone"],
  ["move", "Move"],
  ["backup", "Backup"],
  ["restore", "Restore"],
  ["snapshot", "Snapshot"],
  ["rollback", "Rollback"],
  ["migrate", "Migrate"],
  ["convert", "Convert"],
];

/** What a task did, in a word: `qmstart` is `Start`, `vzdump` is `Backup`; a type we do not know is itself. */
export function taskAction(type: string): string {
  const known = actions.find(([word]) => type.toLowerCase().includes(word));
  return known ? known[1] : type.slice(0, 1).toUpperCase() + type.slice(1);
}

/** What a task did to which guest, e.g. `QEMU 100 - Start`. */
export function taskDescription(guest: { type: "qemu" | "lxc"; id: string | number }, taskType: string): string {
  return `${guest.type === "lxc" ? "CT" : "QEMU"} ${guest.id} - ${taskAction(taskType)}`;
}
