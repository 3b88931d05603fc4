import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { headers } from "@nats-io/nats-core";
import { answerAsks } from "../src/answer-asks.ts";
import { ask } from "../src/ask.ts";
import { askHeaders } from "../src/ask-headers.ts";
import type { Bus } from "../src/bus.ts";
import { ProxboxError } from "../src/errors.ts";
import { type Stand, startStand, until } from "./stand.ts";

setDefaultTimeout(20_000);

let stand: Stand;
beforeAll(async () => {
  stand = await startStand();
});
afterAll(() => stand[Symbol.asyncDispose]());

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (data: Uint8Array) => new TextDecoder().decode(data);
const never = new AbortController().signal;
const patient = { signal: never, timeoutMs: 10_000 };

/** Listens until it is disposed; resolves what `answerAsks` resolves. */
function listen(bus: Bus, subject: string, handle: (question: string, signal: AbortSignal) => Promise<Uint8Array>) {
  const stop = new AbortController();
  const ended = answerAsks(bus, {
    subject,
    queue: "inventory",
    signal: stop.signal,
    handle: (question, signal) => handle(text(question), signal),
  });
  const drain = async () => {
    stop.abort();
    await ended;
  };
  return { drain, [Symbol.asyncDispose]: drain };
}

test("an answer arrives whole, whatever its size", async () => {
  const payloads = new Map<string, Uint8Array>();
  await using _ = listen(stand.bus, "proxbox.ask.size", async (size) => payloads.get(size) ?? new Uint8Array());
  const client = await stand.connect("asking");
  for (const size of [0, 1, 524_287, 524_288, 524_289, 1_048_576, 5_000_003, 20 * 1_048_576]) {
    const data = new Uint8Array(size);
    for (let at = 0; at < size; at += 4_096) data[at] = (at * 31) % 251;
    payloads.set(String(size), data);
    const answer = await ask(client, "proxbox.ask.size", bytes(String(size)), patient);
    expect(answer.byteLength).toBe(size);
    expect(Bun.hash(answer)).toBe(Bun.hash(data));
  }
});

test("twenty large answers at once leave the connection standing", async () => {
  const data = new Uint8Array(8 * 1_048_576).fill(7);
  await using _ = listen(stand.bus, "proxbox.ask.many", async () => data);
  const client = await stand.connect("asking");
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => ask(client, "proxbox.ask.many", bytes("?"), patient)),
  );
  expect(answers.every(({ byteLength }) => byteLength === data.byteLength)).toBe(true);
  expect(client.nc.stats().inMsgs).toBeGreaterThan(0);
  expect(client.connected()).toBe(true);
});

test("a question that the server does not take is refused", async () => {
  await using _ = listen(stand.bus, "proxbox.ask.long", async () => bytes("never"));
  await expect(ask(stand.bus, "proxbox.ask.long", new Uint8Array(2_000_000), patient)).rejects.toMatchObject({
    code: "bus_refused",
    retryable: false,
  });
});

test("nobody who listens is told as such, not after a wait", async () => {
  await expect(ask(stand.bus, "proxbox.ask.inventory", bytes("?"), patient)).rejects.toMatchObject({
    name: "ProxboxError",
    code: "ask_unheard",
    retryable: true,
    message: "No process of inventory is there to answer.",
  });
});

test("a failure keeps its code, sentence and next step", async () => {
  await using _ = listen(stand.bus, "proxbox.ask.failing", async () => {
    throw new ProxboxError("proxmox_timeout", "It is slow.", { retryable: true, next: "Wait.", cause: new Error("x") });
  });
  const failure = await ask(stand.bus, "proxbox.ask.failing", bytes("?"), patient).catch((thrown) => thrown);
  expect(failure).toBeInstanceOf(ProxboxError);
  expect(failure).toMatchObject({ code: "proxmox_timeout", message: "It is slow.", retryable: true, next: "Wait." });
  expect(failure.cause).toMatchObject({ message: "x" });
});

test("the time is over for both, and one who goes away is not waited for", async () => {
  const ended: string[] = [];
  await using _ = listen(stand.bus, "proxbox.ask.slow", async (question, signal) => {
    signal.addEventListener("abort", () => ended.push(question));
    await Bun.sleep(600);
    return bytes("too late");
  });
  await expect(
    ask(stand.bus, "proxbox.ask.slow", bytes("late"), { signal: never, timeoutMs: 200 }),
  ).rejects.toMatchObject({ code: "ask_timeout", message: "slow did not answer within 0.2 s.", retryable: true });
  await until(() => ended.includes("late"));
  const gone = new AbortController();
  const asking = ask(stand.bus, "proxbox.ask.slow", bytes("gone"), { signal: gone.signal, timeoutMs: 5_000 });
  gone.abort();
  await expect(asking).rejects.toMatchObject({ name: "CancelledError" });
  await expect(
    ask(stand.bus, "proxbox.ask.slow", bytes("before"), { signal: gone.signal, timeoutMs: 5_000 }),
  ).rejects.toMatchObject({ name: "CancelledError" });
});

test("a part that is lost is told, never a shorter answer", async () => {
  const liar = stand.bus.nc.subscribe("proxbox.ask.lossy", {
    callback: (_, message) => {
      for (const piece of [0, 2]) {
        const fields = headers();
        fields.set(askHeaders.piece, String(piece));
        if (piece === 2) fields.set(askHeaders.end, "answer");
        message.respond(bytes("part"), { headers: fields });
      }
    },
  });
  await expect(ask(stand.bus, "proxbox.ask.lossy", bytes("?"), patient)).rejects.toMatchObject({
    code: "ask_incomplete",
    retryable: true,
  });
  liar.unsubscribe();
});

test("replicas share the questions, and one that is drained ends what it has", async () => {
  const counts = new Map<string, number>();
  const replica = async (name: string) =>
    listen(await stand.connect(name), "proxbox.ask.shared", async (question) => {
      counts.set(name, (counts.get(name) ?? 0) + 1);
      await Bun.sleep(100);
      return bytes(`${question} by ${name}`);
    });
  const one = await replica("one");
  await using _two = await replica("two");
  await Bun.sleep(50);
  const first = Array.from({ length: 60 }, (_, n) => ask(stand.bus, "proxbox.ask.shared", bytes(String(n)), patient));
  await until(() => (counts.get("one") ?? 0) > 0);
  await one.drain();
  expect((await Promise.all(first)).length).toBe(60);
  expect(counts.get("one")).toBeGreaterThan(5);
  expect(counts.get("two")).toBeGreaterThan(5);
  const taken = counts.get("one");
  await Promise.all(Array.from({ length: 10 }, () => ask(stand.bus, "proxbox.ask.shared", bytes("after"), patient)));
  expect(counts.get("one")).toBe(taken ?? 0);
});

test("a server that dies meanwhile ends the wait, and the next question is answered", async () => {
  await using own = await startStand();
  const client = await own.connect("asking");
  await using _ = listen(own.bus, "proxbox.ask.dying", async (question) => {
    if (question === "slow") await Bun.sleep(3_000);
    return bytes("here");
  });
  await Bun.sleep(50);
  const slow = ask(client, "proxbox.ask.dying", bytes("slow"), patient).catch((thrown) => thrown);
  await Bun.sleep(50);
  await own.nats.kill("SIGKILL");
  await own.nats.restart();
  expect(await slow).toMatchObject({ code: "ask_incomplete", retryable: true });
  await until(() => own.bus.connected() && client.connected());
  expect(text(await ask(client, "proxbox.ask.dying", bytes("quick"), patient))).toBe("here");
});
