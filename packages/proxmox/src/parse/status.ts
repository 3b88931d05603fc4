/** What a Proxmox state means in NetBox. Null: Proxmox does not know it, so neither do we. */
export type MappedStatus = "active" | "offline" | null;

const table: Record<string, MappedStatus> = {
  running: "active",
  online: "active",
  active: "active",
  stopped: "offline",
  paused: "offline",
  suspended: "offline",
  prelaunch: "offline",
  shutdown: "offline",
  offline: "offline",
};

/**
 * The NetBox status of a node's or guest's state. A state we do not know, above all the `unknown` of guests on a node
 * that is offline, is null: the object keeps the status it has, and is never called active.
 */
export function mapStatus(state: unknown): MappedStatus {
  if (typeof state !== "string") return null;
  const key = state.trim().toLowerCase();
  return Object.hasOwn(table, key) ? (table[key] ?? null) : null;
}
