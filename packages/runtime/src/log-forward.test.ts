import { describe, expect, test } from "bun:test";
import { decode } from "@proxbox/contracts/envelope";
import { LogLine } from "@proxbox/contracts/log-line";
import fc from "fast-check";
import type { Bus } from "./bus.ts";
import { NetBoxAPIError } from "./errors.ts";
import { createLogger, type Fact, type Logger, type LogLevel } from "./log.ts";
import { createLogForward } from "./log-forward.ts";

type Sent = { subject: string; line: LogLine };

function stand(level: LogLevel = "silent") {
  const written: string[] = [];
  const sent: Sent[] = [];
  const state: { connected: boolean; tell: Bus["tell"] } = {
    connected: true,
    tell: (subject, data) => void sent.push({ subject, line: decode(LogLine, data) }),
  };
  const bus = { connected: () => state.connected, tell: (...args: Parameters<Bus["tell"]>) => state.tell(...args) };
  const forward = createLogForward("vms");
  const destination = { write: (line: string) => void written.push(line) };
  const log = createLogger({ service: "vms", replica: "vms-1", level, destination, forward });
  return { log, forward, bus, state, sent, written };
}

const fact = (more: Partial<Fact> = {}): Fact => ({ event: "item.done", ...more });

describe("what is sent", () => {
  test("is the fact with its places and its error, under the service's subject", () => {
    const { log, forward, bus, sent } = stand();
    using _sending = forward.begin(bus);
    const err = new NetBoxAPIError("netbox_forbidden", "NetBox refuses the write.", {
      object: "tag x",
      next: "Grant it.",
    });
    log
      .child({ run: "r1", stage: "devices" })
      .warn(fact({ event: "item.failed", item: "i1", endpoint: 3, err }), "It failed.");
    expect(sent).toEqual([
      {
        subject: "proxbox.log.vms",
        line: {
          time: expect.stringMatching(/^\d{4}-.*Z$/),
          level: "warn",
          service: "vms",
          replica: "vms-1",
          event: "item.failed",
          message: "It failed.",
          run: "r1",
          stage: "devices",
          item: "i1",
          endpoint: "3",
          error: "NetBoxAPIError: NetBox refuses the write.\ncode: netbox_forbidden\nobject: tag x\nnext: Grant it.",
        },
      },
    ]);
  });

  test.each<[LogLevel, string[], string[]]>([
    ["debug", ["debug", "info", "error"], ["info", "error"]],
    ["info", ["info", "error"], ["info", "error"]],
    ["error", ["error"], ["info", "error"]],
    ["silent", [], ["info", "error"]],
  ])("with PROXBOX_LOG_LEVEL=%s is every line from info on", (level, onOutput, forwarded) => {
    const { log, forward, bus, sent, written } = stand(level);
    using _sending = forward.begin(bus);
    for (const method of ["debug", "info", "error"] as const) log[method](fact(), "Said.");
    expect(written.map((line) => JSON.parse(line).level)).toEqual(onOutput);
    expect(sent.map(({ line }) => line.level as string)).toEqual(forwarded);
  });

  test("has a stack for what nobody foresaw", () => {
    const { log, forward, bus, sent } = stand();
    using _sending = forward.begin(bus);
    log.error(fact({ err: new TypeError("odd") }), "It failed.");
    expect(sent[0]?.line.error).toMatch(/^TypeError: odd\n(.|\n)*log-forward\.test\.ts/);
  });

  test("holds no secret, whatever is logged with one", () => {
    const planted = "0123456789abcdef0123456789abcdef01234567";
    const { log, forward, bus, sent } = stand();
    using _sending = forward.begin(bus);
    const err = new Error(`refused Token ${planted}`, { cause: new Error(`PVEAPIToken=root@pam!a=${planted}`) });
    log.info(fact({ password: planted, object: `Bearer ${planted}`, err }), `Token ${planted} is wrong`);
    expect(sent.length).toBe(1);
    expect(JSON.stringify(sent)).not.toContain(planted);
  });

  test("fits the stream and its contract, whatever is logged", () => {
    const { log, forward, bus, sent } = stand();
    using _sending = forward.begin(bus);
    const anything = fc.record({
      object: fc.anything(),
      item: fc.anything(),
      err: fc.anything(),
      other: fc.anything(),
    });
    let said = 0;
    fc.assert(
      fc.property(anything, fc.string({ unit: "binary", maxLength: 50 }), (more, sentence) => {
        log.info({ event: "item.done", ...(more as Partial<Fact>) }, sentence);
        said += 1;
        expect(sent.length).toBe(said);
      }),
    );
    log.info(fact({ object: { toString: 1 } as unknown as string, err: { message: { toString: 1 } } }), "odd");
    const long = "\u0000".repeat(1e6);
    log.info(fact({ err: new Error(long), object: long, item: long }), long);
    expect(sent.length).toBe(said + 2);
    expect(Math.max(...sent.map(({ line }) => JSON.stringify(line).length))).toBeLessThan(128 * 1024);
  }, 60_000);
});

describe("nothing is sent", () => {
  const quiet: [string, (parts: ReturnType<typeof stand>) => void][] = [
    ["before there is a bus", () => {}],
    ["after its end", ({ forward, bus }) => forward.begin(bus)[Symbol.dispose]()],
    [
      "while it is not connected",
      ({ forward, bus, state }) => {
        forward.begin(bus);
        state.connected = false;
      },
    ],
  ];
  test.each(quiet)("%s, and the line is on standard output all the same", (_, prepare) => {
    const parts = stand("info");
    prepare(parts);
    parts.log.info(fact(), "Said.");
    expect([parts.sent.length, parts.written.length]).toEqual([0, 1]);
  });

  test("for a bus that throws, and the caller does not notice", () => {
    const { log, forward, bus, state, written } = stand("info");
    forward.begin(bus);
    state.tell = () => {
      throw new Error("away");
    };
    log.info(fact(), "Said.");
    expect(written.length).toBe(1);
  });

  test("for what sending itself logs: it would never end", () => {
    const parts = stand("info");
    const { forward, bus, state, sent, written } = parts;
    const log: Logger = parts.log;
    forward.begin(bus);
    const tell = state.tell;
    state.tell = (subject, data) => {
      log.warn({ event: "bus.retry" }, "Sending.");
      tell(subject, data);
    };
    log.info(fact(), "Said.");
    expect([sent.map(({ line }) => line.message), written.length]).toEqual([["Said."], 2]);
  });
});
