import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { decode } from "@proxbox/contracts/envelope";
import { LogLine } from "@proxbox/contracts/log-line";
import { names } from "@proxbox/contracts/streams";
import { filters } from "@proxbox/contracts/subjects";
import { readStored, streamState } from "../src/reader.ts";
import { openStageService } from "../src/service.ts";
import { type Stand, startStand, until } from "./stand.ts";

setDefaultTimeout(30_000);

let stand: Stand;
beforeAll(async () => {
  stand = await startStand();
});
afterAll(() => stand[Symbol.asyncDispose]());

const dir = join(import.meta.dir, "stages");
const open = () =>
  openStageService({
    domain: "replication",
    dir,
    env: {
      NATS_URL: stand.nats.url,
      PROXBOX_REPLICA: "replication-1",
      PROXBOX_ENCRYPTION_KEY: "k",
      PROXBOX_LOG_LEVEL: "silent",
    },
    signal: new AbortController().signal,
  });

async function lines(): Promise<LogLine[]> {
  const found: LogLine[] = [];
  const reading = { stream: names.logs, filter: filters.logs };
  for await (const { data } of readStored(stand.bus, reading)) found.push(decode(LogLine, data));
  return found;
}

test("what a service says from its start to its end is in PBX_LOG, and goes on after nats-server has lost its memory", async () => {
  {
    await using _service = await open();
    await until(async () => (await lines()).some(({ event }) => event === "service.started"));
    await stand.nats.restart();
    // The service makes the stream anew when it is connected again.
    await until(() =>
      streamState(stand.bus, names.logs).then(
        () => true,
        () => false,
      ),
    );
  }
  const after = await until(async () => {
    const found = await lines();
    return found.some(({ event }) => event === "service.stopping") && found;
  });
  expect(after.map(({ event }) => event)).not.toContain("service.started");
  expect(after).toContainEqual({
    time: expect.any(String),
    level: "info",
    service: "replication",
    replica: "replication-1",
    event: "service.stopping",
    message: "Finishing the work in hand.",
  });
});
