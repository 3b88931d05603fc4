import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ask, send } from "../src/plugin/backend.ts";
import { runJob } from "../src/plugin/job.ts";
import { buildEstate } from "../src/proxmox/build-estate.ts";
import { credentials } from "../src/proxmox/login.ts";
import { type PluginScene, startPluginScene } from "./plugin-scene.ts";

setDefaultTimeout(120_000);

const planted = {
  "a password of Proxmox": "planted-password-5d1c",
  "a token of Proxmox": "planted-token-value-77aa",
  "a token of NetBox": "planted-netbox-token-0123456789abcdef0123",
  "the key of a NetBox token": "planted-token-key-91",
  "a wrong API key": "planted-wrong-api-key-0123456789abcdef",
};

let world: PluginScene;
/** What anybody was answered. */
let answers: { from: string; text: string }[];

/** Whole jobs, good and bad, with services that log all they can; then every read there is. */
beforeAll(async () => {
  world = await startPluginScene("0.0.29.post6", {
    estate: buildEstate({ seed: 6, clusters: 2, nodes: 2, guests: 6, backupsPerGuest: 1 }),
    processes: {},
    env: { PROXBOX_LOG_LEVEL: "debug", PROXBOX_NETBOX_MAX_RETRIES: "1" },
  });
  answers = [];
  const { plugin, scene } = world;
  expect((await runJob(plugin)).status).toBe("completed");

  // A proxy in front of Proxmox that repeats what it was sent is the worst that an error can quote.
  const { tokenValue } = credentials;
  const echo = `refused: PVEAPIToken=root@pam!proxbox=${tokenValue}; Cookie: PVEAuthCookie=PVE:root@pam:65AB12CD::x`;
  scene.proxmox[0]?.fault({ does: { status: 401, message: echo } });
  answers.push({ from: "a job that failed", text: JSON.stringify(await runJob(plugin)) });
  await keep("GET", "/dcim/devices/create/stream");
  await keep("GET", "/full-update");

  const login = { name: "planted", ip_address: "127.0.0.1", port: 1, username: "u@pam" };
  const [password, value, token, key, wrong] = Object.values(planted) as [string, string, string, string, string];
  const secrets = { password, token_name: "sync", token_value: value };
  await keep("POST", "/proxmox/endpoints", { ...login, ...secrets });
  await keep("POST", "/proxmox/endpoints", { ...login, ...secrets, port: "none" });
  await keep("PUT", "/proxmox/endpoints/1", { password, verify_ssl: "maybe" });
  await keep("POST", "/proxmox/endpoints", `{"password":"${password}"`);
  const netbox = { name: "NetBox", ip_address: "127.0.0.1", port: 1, token_version: "v2", token_key: key, token };
  await keep("POST", "/netbox/endpoint", netbox);
  await keep("PUT", "/netbox/endpoint/1", { ...netbox, verify_ssl: false });
  await keep("GET", "/dcim/devices/create/stream");
  answers.push({ from: "a wrong key", text: (await ask({ ...plugin.backend, key: wrong }, "GET", "/auth/keys")).text });
  await keep("POST", "/auth/register-key", { api_key: wrong });

  const { paths } = (await ask(plugin.backend, "GET", "/openapi.json")).json as { paths: Record<string, object> };
  const reads = Object.entries(paths).filter(([path, verbs]) => "get" in verbs && !path.includes("{"));
  expect(reads.length).toBeGreaterThan(40);
  for (const [path] of reads) if (!/create|full-update|stream|ws|replication$/.test(path)) await keep("GET", path);
  for (const path of ["/proxmox/endpoints/1", "/netbox/endpoint/1", "/admin/logs?limit=5000"]) await keep("GET", path);
  // Whatever is on its way to the disk shall be there.
  await scene.processes?.nats.server.kill();
});
afterAll(() => world[Symbol.asyncDispose]());

async function keep(method: string, path: string, body?: unknown): Promise<void> {
  const response = await send(world.plugin.backend, method, path, body === undefined ? {} : { body });
  const headers = JSON.stringify([...response.headers]);
  answers.push({ from: `${method} ${path}`, text: `${headers}\n${await response.text()}` });
}

/** Every file of the bus and every log, as bytes. */
function files(): { from: string; bytes: Buffer }[] {
  const { dataDir } = world.scene;
  return readdirSync(dataDir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== "encryption.key")
    .map(({ parentPath, name }) => join(parentPath, name))
    .map((path) => ({ from: path.slice(dataDir.length), bytes: readFileSync(path) }));
}

/** Where a text stands, as it is or as base64 or hex make it. */
function places(text: string): string[] {
  const forms = [text, Buffer.from(text).toString("base64").replace(/=+$/, ""), Buffer.from(text).toString("hex")];
  const everything = [
    ...answers.map(({ from, text }) => ({ from, bytes: Buffer.from(text) })),
    ...files(),
    { from: "NetBox", bytes: Buffer.from(JSON.stringify(world.scene.netbox.content())) },
  ];
  return everything.filter(({ bytes }) => forms.some((form) => bytes.includes(form))).map(({ from }) => from);
}

test("the search sees what is no secret: in the bus, in the logs, in answers, in NetBox", () => {
  const found = places("frankfurt");
  for (const place of [
    /^\/nats\/.*PBX_EVT/,
    /^\/nats\/.*KV_PBX_CFG/,
    /^\/logs\/gateway/,
    /^\/logs\/inventory/,
    /^NetBox$/,
  ])
    expect(found.some((from) => place.test(from))).toBe(true);
  expect(found).toContain("GET /proxmox/endpoints");
  expect(found).toContain("GET /admin/logs?limit=5000");
});

test("the one who repeats secrets was heard, without them", () => {
  expect(places("PVEAPIToken=root@pam!proxbox=[hidden]").some((from) => from.startsWith("/logs/"))).toBe(true);
});

test.each([
  ...Object.entries(planted),
  ["the token that reads Proxmox", credentials.tokenValue],
  ["the ticket that was quoted", "65AB12CD::x"],
])("%s stands nowhere", (_, secret) => {
  expect(places(secret)).toEqual([]);
});

test("neither do the token of NetBox, the plugin's key and the key of the secrets", () => {
  const { plugin, scene } = world;
  const encryptionKey = readFileSync(join(scene.dataDir, "encryption.key"), "utf8").trim();
  for (const secret of [plugin.own.token, plugin.backend.key, encryptionKey]) expect(places(secret)).toEqual([]);
});
