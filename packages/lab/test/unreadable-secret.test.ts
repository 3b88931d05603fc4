import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { settingKeys } from "@proxbox/contracts/endpoints";
import type { RunView } from "@proxbox/contracts/http";
import { names } from "@proxbox/contracts/streams";
import { openBucket } from "@proxbox/runtime/buckets";
import { connectBus } from "@proxbox/runtime/bus";
import { createLogger } from "@proxbox/runtime/log";
import { buildEstate } from "../src/proxmox/build-estate.ts";
import { credentials } from "../src/proxmox/login.ts";
import { type Scene, startScene } from "../src/scene.ts";

setDefaultTimeout(30_000);

let scene: Scene;
beforeAll(async () => {
  const estate = buildEstate({ seed: 6, clusters: 2, nodes: 2, guests: 6 });
  scene = await startScene({ estate, env: { PROXBOX_LOG_LEVEL: "silent" } });
  // As if the first endpoint had been stored with another key.
  const log = createLogger({ service: "test", replica: "t", level: "silent" });
  await using bus = await connectBus({ servers: [scene.stack?.natsUrl ?? ""], name: "test" }, log);
  const settings = openBucket(bus, names.settings);
  const stored = await settings.get(settingKeys.proxmox(1));
  const token_value = `v1:${Buffer.alloc(60, 7).toString("base64url")}`;
  await settings.put(settingKeys.proxmox(1), JSON.stringify({ ...JSON.parse(stored?.value ?? "{}"), token_value }));
});
afterAll(() => scene[Symbol.asyncDispose]());

const devices = async (): Promise<RunView["stages"][number]["summary"]> => {
  const { id } = await scene.gateway.startRun({ stages: ["devices"] });
  for await (const _ of scene.gateway.events(id));
  return (await scene.gateway.run(id)).stages[0]?.summary ?? null;
};

test("an endpoint whose secret cannot be decrypted fails alone, and says what to do", async () => {
  const name = scene.proxmox[0]?.cluster.endpoint;
  const summary = await devices();
  expect(summary?.endpoints).toMatchObject([
    {
      endpoint: 1,
      state: "failed",
      error: {
        code: "secret_unreadable",
        message: `The stored secrets of Proxmox endpoint ${name} (nb:1) cannot be decrypted.`,
        next: expect.stringContaining("Push the endpoint again"),
      },
    },
    { endpoint: 2, state: "ok" },
  ]);
});

test("its reads are 503 and name it, the other's answer, and both are listed", async () => {
  await expect(scene.gateway.call("GET", "/proxmox/nodes?proxmox_endpoint_ids=1")).rejects.toThrow(
    /cannot be decrypted/,
  );
  await expect(scene.gateway.call("GET", "/proxmox/nodes")).rejects.toThrow(/cannot be decrypted/);
  expect(await scene.gateway.call<unknown[]>("GET", "/proxmox/nodes?proxmox_endpoint_ids=2")).toHaveLength(1);
  expect(await scene.gateway.call<unknown[]>("GET", "/proxmox/endpoints")).toHaveLength(2);
});

test("pushed again, it works", async () => {
  const { tokenName: token_name, tokenValue: token_value } = credentials;
  await scene.gateway.call("PUT", "/proxmox/endpoints/1", { token_name, token_value });
  expect((await devices())?.endpoints.map(({ state }) => state)).toEqual(["ok", "ok"]);
});
