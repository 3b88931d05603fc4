import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { decode, encode } from "@proxbox/contracts/envelope";
import { StageItem, StageResult } from "@proxbox/contracts/messages";
import { consumerNames, names } from "@proxbox/contracts/streams";
import { itemSubject, resultSubject } from "@proxbox/contracts/subjects";
import { SyncOptions } from "@proxbox/contracts/sync-options";
import { envelopeOf } from "@proxbox/runtime/envelopes";
import { createMetrics } from "@proxbox/runtime/metrics";
import { readLast } from "@proxbox/runtime/reader";
import { Value } from "@sinclair/typebox/value";
import { recordDeadLetter } from "../src/dead-letters.ts";
import { createWorld, eventually, type World } from "./world.ts";

setDefaultTimeout(60_000);

let world: World;
beforeAll(async () => {
  world = await createWorld();
});
afterAll(() => world[Symbol.asyncDispose]());

const place = { run: "dead", stage: "devices", attempt: 1 };
const itemOf = (key: string) => {
  const subject = itemSubject("inventory", place.run, place.stage, place.attempt, key);
  const data = { key, domain: "inventory", endpoint: 7, options: Value.Create(SyncOptions), body: {} };
  return {
    subject,
    bytes: encode(StageItem, envelopeOf(subject, place, { svc: "t", replica: "t", build: "t" }, data)),
  };
};
const resultOf = async (key: string) => {
  const stored = await readLast(world.bus, resultSubject(place.run, place.stage, place.attempt, key));
  return stored && decode(StageResult, stored.data).data;
};

test("an item that nobody could finish gets a failed result and leaves the queue", async () => {
  await world.orchestrator();
  await world.bus.publishOnce(itemOf("given-up").subject, itemOf("given-up").bytes);
  await world.bus.publishOnce(itemOf("unreadable").subject, new TextEncoder().encode("?"));
  const consumer = await world.bus.js.consumers.get(names.items, consumerNames.itemsOf("inventory"));
  await eventually("The failed result", async () => {
    (await consumer.next({ expires: 1_000 }).catch(() => null))?.nak();
    return (await resultOf("given-up")) !== null && (await resultOf("unreadable")) !== null;
  });
  expect(await resultOf("given-up")).toMatchObject({
    endpoint: 7,
    state: "failed",
    deliveries: 25,
    error: { code: "dead_letter", message: "The item was given out 25 times and never finished.", retryable: true },
  });
  expect(await resultOf("unreadable")).toMatchObject({ endpoint: null, state: "failed" });
  await eventually("An empty queue", async () => (await world.bus.jsm.streams.info(names.items)).state.messages === 0);
});

test("a command that nobody could finish ends its stage and stays to be replayed; a missing message is no matter", async () => {
  // As the server tells it, so that the test need not wait for 25 deliveries.
  await world.publisher.command(
    { run: "lost", stage: "devices", attempt: 1 },
    {
      domain: "inventory",
      mode: "full",
      options: Value.Create(SyncOptions),
      blocked: [],
    },
  );
  const stored = await world.bus.jsm.streams.getMessage(names.commands, {
    last_by_subj: "proxbox.cmd.inventory.lost.devices.1",
  });
  const advisory = { stream: names.commands, consumer: "cmd-inventory", stream_seq: stored?.seq, deliveries: 10 };
  const tools = { bus: world.bus, publisher: world.publisher, metrics: createMetrics("test") };
  const tell = (what: object) => recordDeadLetter(tools, new TextEncoder().encode(JSON.stringify(what)));
  await tell(advisory);
  await tell(advisory);
  await tell({ ...advisory, stream_seq: 4711 });
  expect((await world.facts("lost")).filter((fact) => fact.endsWith("failed"))).toEqual(["devices.1.stage.failed"]);
  expect(await world.bus.jsm.streams.getMessage(names.commands, { seq: stored?.seq ?? 0 })).not.toBeNull();
  await expect(tell({ ...advisory, stream: 1 })).rejects.toThrow("Advisory does not fit its contract at /stream");
});
