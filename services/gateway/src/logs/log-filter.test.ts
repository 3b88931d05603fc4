import { expect, test } from "bun:test";
import { RequestError } from "../errors.ts";
import { type LogEntry, logEntry } from "./log-entry.ts";
import { activeFilters, inThisLife, type LogFilter, logSieve } from "./log-filter.ts";

const line = {
  level: "info",
  service: "vms",
  replica: "vms-1",
  event: "item.done",
  message: "Nothing failed, no errors.",
} as const;
const at = (second: number) => `2026-03-01T10:00:0${second}.000Z`;
const entries: LogEntry[] = [
  logEntry(1, { ...line, time: at(1) }),
  logEntry(2, { ...line, time: at(2), level: "warn", run: "r1" }),
  logEntry(3, { ...line, time: at(3), level: "warn", run: "r1", error: "Error: odd" }),
  logEntry(4, { ...line, time: at(4), level: "error", run: "r2" }),
];

test.each<[string, LogFilter, number[]]>([
  ["nothing said", {}, [1, 2, 3, 4]],
  ["a level, exactly", { level: "WARNING" }, [2, 3]],
  ["a level that nobody speaks", { level: "CRITICAL" }, []],
  ["errors: of their level, or with something thrown", { errors_only: true }, [3, 4]],
  ["errors go before a level", { errors_only: true, level: "INFO" }, [3, 4]],
  ["errors_only=false", { errors_only: false }, [1, 2, 3, 4]],
  ["a run", { operation_id: "r1" }, [2, 3]],
  ["a blank run", { operation_id: "" }, [1, 2, 3, 4]],
  ["newer", { newer_than_id: 2 }, [3, 4]],
  ["older", { older_than_id: 2 }, [1]],
  ["between", { newer_than_id: 1, older_than_id: 4 }, [2, 3]],
  ["after an instant, not at it", { since: at(3) }, [4]],
  ["an instant of another zone", { since: "2026-03-01T12:00:02+02:00" }, [3, 4]],
  ["its plus lost in the query", { since: "2026-03-01T12:00:02 02:00" }, [3, 4]],
  ["an instant that does not say where: UTC", { since: "2026-03-01T10:00:02" }, [3, 4]],
  ["a day", { since: "2026-03-01" }, [1, 2, 3, 4]],
  ["all at once", { since: at(1), operation_id: "r1", errors_only: true }, [3]],
])("%s", (_, filter, ids) => {
  expect(entries.filter(logSieve(filter)).map(({ id }) => Number(id))).toEqual(ids);
});

test("a since that is no instant is refused", () => {
  expect(() => logSieve({ since: "yesterday" })).toThrow(RequestError);
});

test("a place beyond the newest entry is one of another life", () => {
  expect(inThisLife({ newer_than_id: 900, level: "INFO" }, 4)).toEqual({ level: "INFO" });
  expect(inThisLife({ newer_than_id: 4 }, 4)).toEqual({ newer_than_id: 4 });
});

test("the filters are repeated as they were understood", () => {
  const none = {
    level: null,
    errors_only: null,
    newer_than_id: null,
    older_than_id: null,
    operation_id: null,
    since: null,
  };
  expect(activeFilters({ errors_only: false, operation_id: "" })).toEqual(none);
  expect(activeFilters({ errors_only: true, newer_than_id: 0 })).toEqual({
    ...none,
    errors_only: true,
    newer_than_id: 0,
  });
});
