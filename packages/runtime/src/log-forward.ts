import { encode } from "@proxbox/contracts/envelope";
import { LogLine } from "@proxbox/contracts/log-line";
import { logSubject } from "@proxbox/contracts/subjects";
import type { Bus } from "./bus.ts";

/**
 * Carries the log lines of a process to PBX_LOG, where every gateway reads them. What is logged while there is no bus is
 * on standard output only.
 */
export type LogForward = {
  /** Takes a line as the logger wrote it. Never waits, never throws, and what is logged because of it goes nowhere. */
  write(line: string): void;
  /** From now on lines are sent by this bus, until disposed: before the bus is. */
  begin(bus: Pick<Bus, "connected" | "tell">): Disposable;
};

/** Creates the forwarding of a process; `service` is its name on the bus. */
export function createLogForward(service: string): LogForward {
  const subject = logSubject(service);
  let bus: Pick<Bus, "connected" | "tell"> | null = null;
  let sending = false;
  return {
    write: (line) => {
      if (sending || !bus?.connected()) return;
      sending = true;
      try {
        bus.tell(subject, encode(LogLine, logLineOf(JSON.parse(line))));
      } catch {
        // There is nowhere to say it: the line itself is on standard output.
      } finally {
        sending = false;
      }
    },
    begin: (opened) => {
      bus = opened;
      return {
        [Symbol.dispose]: () => {
          bus = null;
        },
      };
    },
  };
}

const longestMessage = 2_000;
const longestPlace = 500;
const longestError = 8_000;

/** What of a line, as the logger wrote it, others may want to know. Pure; its secrets are hidden already. */
function logLineOf(line: Record<string, unknown>): LogLine {
  const error = line.err === undefined || line.err === null ? "" : errorText(line.err);
  const places = ["run", "stage", "item", "endpoint", "object"] as const;
  return {
    time: String(line.time),
    level: line.level as LogLine["level"],
    service: String(line.service),
    replica: String(line.replica),
    event: String(line.event),
    message: String(line.msg).slice(0, longestMessage),
    ...Object.fromEntries(
      places.flatMap((name) =>
        line[name] === undefined || line[name] === null ? [] : [[name, textOf(line[name]).slice(0, longestPlace)]],
      ),
    ),
    ...(error ? { error: error.slice(0, longestError) } : {}),
  };
}

function errorText(thrown: unknown): string {
  if (typeof thrown !== "object" || thrown === null) return textOf(thrown);
  const { type, message, stack, ...rest } = thrown as Record<string, unknown>;
  const facts = ["code", "object", "field", "cause", "next"].flatMap((name) =>
    rest[name] === undefined ? [] : `${name}: ${textOf(rest[name])}`,
  );
  return [`${textOf(type ?? "Error")}: ${textOf(message ?? "")}`, ...facts, ...(stack ? [textOf(stack)] : [])].join(
    "\n",
  );
}

// An object may have a member called toString, which is no function.
function textOf(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
