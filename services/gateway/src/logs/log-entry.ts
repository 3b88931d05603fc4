import type { LogLine } from "@proxbox/contracts/log-line";

/** The levels of the plugin's logs page; of these we speak INFO, WARNING and ERROR. */
export const entryLevels = ["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"] as const;
export type EntryLevel = (typeof entryLevels)[number];

/** A log line as the plugin's logs page shows it (plugin 0.0.24 to 0.0.29.post6, static/netbox_proxbox/js/logs.js). */
export type LogEntry = {
  /** Its sequence in PBX_LOG: the same at every gateway. */
  id: string;
  timestamp: string;
  level: EntryLevel;
  module: string;
  message: string;
  /** The run. */
  operation_id: string | null;
  /** The fact, by its name. */
  operation: string;
  /** The stage. */
  phase: string | null;
  resource_type: string | null;
  resource_id: string | null;
  expandable: { traceback: string } | null;
};

const levels = { info: "INFO", warn: "WARNING", error: "ERROR" } as const satisfies Record<
  LogLine["level"],
  EntryLevel
>;

/** The entry of a line that stands at `seq`. Pure. */
export function logEntry(seq: number, line: LogLine): LogEntry {
  const [type, id] = resourceOf(line);
  return {
    id: String(seq),
    timestamp: line.time.replace(/Z$/, "+00:00"),
    level: levels[line.level],
    module: `${line.service}/${line.replica}`,
    message: line.message,
    operation_id: line.run ?? null,
    operation: line.event,
    phase: line.stage ?? null,
    resource_type: type,
    resource_id: id,
    expandable: line.error === undefined ? null : { traceback: line.error },
  };
}

function resourceOf({ object, item, endpoint }: LogLine): [string, string] | [null, null] {
  if (object !== undefined) return ["object", object];
  if (item !== undefined) return ["item", item];
  return endpoint === undefined ? [null, null] : ["proxmox-endpoint", endpoint];
}
