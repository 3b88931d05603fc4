import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { filters, runEventSubject } from "@proxbox/contracts/subjects";
import { openBlobs } from "@proxbox/runtime/blobs";
import { openBucket } from "@proxbox/runtime/buckets";
import { type Bus, connectBus } from "@proxbox/runtime/bus";
import { createLogger } from "@proxbox/runtime/log";
import { readEvents, readStored } from "@proxbox/runtime/reader";
import { ensureStreams } from "@proxbox/runtime/streams";
import { freePort } from "@proxbox/stack/preflight";
import {
  GenericContainer,
  getContainerRuntimeClient,
  ImageName,
  type StartedTestContainer,
  Wait,
} from "testcontainers";

// Its cleaning container keeps Bun from ending (oven-sh/bun#23776); the container below is stopped by the suite itself.
process.env.TESTCONTAINERS_RYUK_DISABLED = "true";

const image = "nats:2.12-alpine";
const obstacle = await obstacleTo(image);
const password = "for-this-test";

describe.skipIf(obstacle !== null)(`the bus on ${image}${obstacle ? ` (${obstacle})` : ""}`, () => {
  let container: StartedTestContainer;
  let bus: Bus;
  const log = createLogger({ service: "lab", replica: "containers", level: "silent" });

  beforeAll(async () => {
    // A port of our choice: a random one would be another one after the restart.
    const port = await freePort();
    container = await new GenericContainer(image)
      .withCommand(["-c", "/etc/nats/proxbox.conf"])
      .withCopyFilesToContainer([
        { source: join(import.meta.dir, "../../../deploy/nats.conf"), target: "/etc/nats/proxbox.conf" },
      ])
      .withEnvironment({ NATS_PASSWORD: password })
      .withExposedPorts({ container: 4222, host: port })
      .withWaitStrategy(Wait.forLogMessage("Server is ready"))
      .start();
    const servers = [`nats://${container.getHost()}:${port}`];
    bus = await connectBus({ servers, name: "lab/containers", user: "proxbox", password }, log);
    await ensureStreams(bus);
  }, 120_000);
  afterAll(async () => {
    await bus?.[Symbol.asyncDispose]();
    await container?.stop();
  }, 60_000);

  test("streams can be ensured again, by several at once", async () => {
    await Promise.all([ensureStreams(bus), ensureStreams(bus)]);
  });

  test("a subject takes one message, whoever publishes", async () => {
    const subject = runEventSubject("once", 0, "created");
    const won = await Promise.all(Array.from({ length: 20 }, (_, writer) => bus.publishOnce(subject, bytes(writer))));
    expect(won.filter(Boolean)).toHaveLength(1);
  });

  test("a bucket refuses a revision that is not the newest", async () => {
    const bucket = openBucket(bus, "PBX_RUN");
    const first = (await bucket.create("run.cas", "one")) as number;
    expect(await bucket.create("run.cas", "two")).toBeNull();
    expect(await bucket.update("run.cas", "two", first)).toBeGreaterThan(first);
    expect(await bucket.update("run.cas", "three", first)).toBeNull();
    expect((await bucket.get("run.cas"))?.value).toBe("two");
  });

  test("a document bigger than a message is stored and read", async () => {
    const blobs = openBlobs(bus);
    const document = { guests: Array.from({ length: 20_000 }, (_, vmid) => ({ vmid, name: `guest-${vmid}` })) };
    await blobs.putJson("big", document);
    expect(await blobs.getJson("big")).toEqual(document);
  });

  test("a reader misses nothing and repeats nothing over a restart of the server", async () => {
    const filter = filters.allOf("restart");
    const stop = new AbortController();
    const seen: number[] = [];
    const reading = (async () => {
      for await (const { data } of readEvents(bus, { filter, signal: stop.signal })) {
        seen.push(Number(new TextDecoder().decode(data)));
        if (seen.length === 40) stop.abort();
      }
    })();
    for (let count = 0; count < 40; count += 1) {
      if (count === 20) await restart(container);
      await bus.publishOnce(`proxbox.evt.restart.devices.1.done.item-${count}`, bytes(count));
    }
    await reading;
    expect(seen).toEqual(Array.from({ length: 40 }, (_, count) => count));
    const stored = await Array.fromAsync(readStored(bus, { filter }));
    expect(stored).toHaveLength(40);
  }, 60_000);
});

/** Why a container of an image cannot be started here; null when it can. */
async function obstacleTo(name: string): Promise<string | null> {
  try {
    const client = await getContainerRuntimeClient();
    return (await client.image.exists(ImageName.fromString(name))) ? null : "not run: the image is not on this machine";
  } catch {
    return "not run: no container engine answers";
  }
}

/** Restarts without waiting for a line in its log, which a quick start can hide (testcontainers-node#974). */
async function restart(container: StartedTestContainer): Promise<void> {
  const { container: client } = await getContainerRuntimeClient();
  await client.restart(client.getById(container.getId()));
}

function bytes(value: number): Uint8Array {
  return new TextEncoder().encode(String(value));
}
