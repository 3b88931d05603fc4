import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { appendFileSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { NewApiKey } from "@proxbox/contracts/http-settings";
import type { Bus } from "@proxbox/runtime/bus";
import { ask, send } from "../src/plugin/backend.ts";
import { runJob } from "../src/plugin/job.ts";
import { buildEstate } from "../src/proxmox/build-estate.ts";
import type { Estate } from "../src/proxmox/estate.ts";
import { credentials } from "../src/proxmox/login.ts";
import { type PluginScene, startPluginScene } from "./plugin-scene.ts";
import { busOf } from "./processes.ts";

setDefaultTimeout(180_000);

/** What people entrust to us. */
const planted = {
  "a password of Proxmox": "planted-password-5d1c",
  "a password that has to be escaped": 'planted "5d1c"/+\u00e9&=%',
  "a token of Proxmox": "planted-token-value-77aa",
  "a token of NetBox": "planted-netbox-token-0123456789abcdef0123",
  "the key of a NetBox token": "planted-token-key-91",
  "a wrong API key": "planted-wrong-api-key-0123456789abcdef",
  "a wrong API key of a socket": "planted-wrong-socket-key-0123456789abcd",
  "a password in an address": "planted-userinfo-0c44",
  "a token in the place of the user": "planted-misplaced-31be",
};

/** What Proxmox might tell of others' secrets: those that it masks today, and those that it does not. */
const told = {
  "the password of a guest": "planted-cipassword-b1",
  "the password of a storage": "planted-smb-password-b2",
  "the token of an IPAM": "planted-ipam-token-b3",
  "the key of a name server": "planted-dns-key-b4",
};

let world: PluginScene;
let bus: Bus;
let madeKey: string;
/** What anybody was answered, and everything that went over the bus meanwhile. */
let answers: { from: string; text: string }[];
const overheard: { from: string; bytes: Buffer }[] = [];

/** Whole jobs, good and bad, with services that log all they can; then every read there is. */
beforeAll(async () => {
  const estate = buildEstate({ seed: 6, clusters: 2, nodes: 2, guests: 6, backupsPerGuest: 1 });
  plantIn(estate);
  world = await startPluginScene("0.0.29.post6", {
    estate,
    processes: {},
    env: { PROXBOX_LOG_LEVEL: "debug", PROXBOX_NETBOX_MAX_RETRIES: "1" },
  });
  bus = await busOf(world.scene);
  for (const subject of ["proxbox.>", "$KV.>", "$O.>"]) void overhear(subject);
  answers = [];
  expect((await runJob(world.plugin)).status).toBe("completed");
  await readEverything();
  await quoteSecrets();
  await misplaceSecrets();
  await keep("GET", "/admin/logs?limit=5000");
  // Whatever is on its way to the disk shall be there.
  await bus[Symbol.asyncDispose]();
  await world.scene.processes?.nats.server.kill();
});
afterAll(() => world[Symbol.asyncDispose]());

function plantIn({ clusters: [cluster] }: Estate): void {
  const guest = [...(cluster?.guests.values() ?? [])].find(({ type }) => type === "qemu");
  if (!cluster || !guest) throw new Error("The estate has no guest.");
  Object.assign(guest.config, { ciuser: "ada", cipassword: told["the password of a guest"] });
  const share = { server: "192.0.2.40", share: "backup", content: "backup", username: "backup" };
  cluster.storages.push({ storage: "smb", type: "cifs", ...share, password: told["the password of a storage"] });
  cluster.sdn.ipams.push({ ipam: "ours", type: "netbox", token: told["the token of an IPAM"] });
  cluster.sdn.dns.push({ dns: "ours", type: "powerdns", key: told["the key of a name server"] });
}

// Not inboxes: who listens there keeps alive what was asked by somebody who has gone.
async function overhear(of: string): Promise<void> {
  for await (const { subject, data } of bus.nc.subscribe(of))
    overheard.push({ from: `bus ${subject}`, bytes: Buffer.from(data) });
}

/** Every read, each path with what there is. */
async function readEverything(): Promise<void> {
  const { plugin, scene } = world;
  const [first] = scene.proxmox;
  const guest = [...(first?.cluster.guests.values() ?? [])].find(({ config }) => config.ciuser === "ada");
  const { paths } = (await ask(plugin.backend, "GET", "/openapi.json")).json as { paths: Record<string, object> };
  const reads = Object.entries(paths).flatMap(([path, verbs]) => ("get" in verbs ? [path] : []));
  expect(reads.length).toBeGreaterThan(80);
  const values: Record<string, string> = {
    ...{ node: guest?.node ?? "", type: "qemu", vmid: String(guest?.vmid), storage: "smb", part: "rules", id: "1" },
  };
  const scope = `proxmox_endpoint_ids=${plugin.endpoints[0]?.pk}`;
  for (const path of reads) {
    if (/create|full-update|stream|events|ws|individual|\{rest\}|\/replication$/.test(path)) continue;
    const full = path.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "1");
    await keep("GET", full.startsWith("/proxmox/") && !full.includes("endpoints") ? `${full}?${scope}` : full);
  }
  const config = `nodes/${guest?.node}/qemu/${guest?.vmid}`;
  for (const rest of [
    ...["storage", "storage/smb", "cluster/sdn/ipams", "cluster/sdn/dns", "access/permissions", "access/domains"],
    ...[`${config}/config`, `${config}/cloudinit/dump`, `${config}/agent/file-read`, "cluster/acme/plugins/x"],
  ])
    await keep("GET", `/proxmox/api2/${rest}?${scope}`);
  for (const part of ["controllers", "zones", "vnets"]) await keep("GET", `/proxmox/sdn/${part}?${scope}`);
  const target = new URLSearchParams({ cluster_name: first?.cluster.name ?? "", ...values, storage_name: "smb" });
  for (const kind of ["vm", "storage"]) await keep("GET", `/sync/individual/${kind}?${target}&${scope}`);
}

/** Every failure there is, of servers that repeat what they were sent: the worst that an error can quote. */
async function quoteSecrets(): Promise<void> {
  const { plugin, scene } = world;
  const { tokenValue, password } = credentials;
  const [first] = scene.proxmox;
  const devices = "/dcim/devices/create/stream";
  const quoted = `PVEAPIToken=root@pam!proxbox=${tokenValue}; Cookie: PVEAuthCookie=PVE:root@pam:65AB12CD::x; ${tokenValue}`;
  for (const status of [401, 403, 500]) {
    first?.fault({ does: { status, message: `refused: ${quoted}` } });
    await keep("GET", devices);
    await keep("GET", "/proxmox/version");
    await keep("GET", "/proxmox/cluster/resources");
    if (status === 401) answers.push({ from: "a job that failed", text: JSON.stringify(await runJob(plugin)) });
    first?.clearFaults();
  }
  await keep("PUT", "/proxmox/endpoints/1", { tls_fingerprint: "00".repeat(32) });
  await keep("GET", "/proxmox/version");
  await keep("GET", devices);
  await keep("PUT", "/proxmox/endpoints/1", { tls_fingerprint: null, password, token_name: null, token_value: null });
  await keep("GET", "/proxmox/version");
  first?.fault({ does: { status: 401, message: `wrong password: ${password}` } });
  await keep("GET", "/proxmox/version");
  await keep("GET", devices);
  first?.clearFaults();

  const { v2 } = scene.netbox.tokens;
  const byKey = { token_version: "v2", token_key: v2.key, token: v2.secret };
  for (const [token, login, statuses] of [
    [plugin.own.token, {}, [401, 403, 500]],
    [v2.secret, byKey, [403]],
  ] as const) {
    await keep("PUT", "/netbox/endpoint/1", login);
    for (const status of statuses) {
      const detail = `Invalid header. Authorization: Token ${token} and "${token}", nbt_${v2.key}.${v2.secret}`;
      scene.netbox.faults.add({ kind: "status", status, body: { detail, name: [detail] } });
      for (const path of ["/netbox/status", "/extras/bootstrap-status", devices]) await keep("GET", path);
      scene.netbox.faults.clear();
    }
  }
}

/** Secrets where they do not belong, or for those who are not there. */
async function misplaceSecrets(): Promise<void> {
  const { plugin } = world;
  const login = { name: "planted", ip_address: "127.0.0.1", port: 1, username: "u@pam" };
  const [password, escaped, value, token, key, wrong, socket, userinfo, misplaced] = Object.values(planted);
  const secrets = { password, token_name: "sync", token_value: value };
  await keep("POST", "/proxmox/endpoints", { ...login, ...secrets });
  await keep("POST", "/proxmox/endpoints", { ...login, name: "escaped", password: escaped });
  await keep("POST", "/proxmox/endpoints", { ...login, ...secrets, port: "none" });
  await keep("PUT", "/proxmox/endpoints/1", { password, verify_ssl: "maybe" });
  await keep("POST", "/proxmox/endpoints", `{"password":"${password}"`);
  for (const domain of [`root:${userinfo}@pve`, `https://root:${userinfo}@pve.invalid:8006`])
    for (const path of ["/proxmox/endpoints", "/netbox/endpoint"])
      await keep("POST", path, { ...login, ...secrets, token, domain });
  const whole = `PVEAPIToken=root@pam!sync=${misplaced}`;
  for (const field of ["username", "token_name", "token_value", "name"])
    await keep("POST", "/proxmox/endpoints", { ...login, name: `as ${field}`, ...secrets, [field]: whole });
  await keep("POST", "/proxmox/endpoints", { ...login, ...secrets, token_name: `${whole}${" ".repeat(300)}` });
  await keep("POST", "/proxmox/endpoints", { ...login, name: "nowhere", ...secrets, domain: "nowhere.invalid" });
  const netbox = { name: "NetBox", ip_address: "127.0.0.1", port: 1, token_version: "v2", token_key: key, token };
  await keep("PUT", "/netbox/endpoint/1", { ...netbox, verify_ssl: false });
  for (const path of ["/proxmox/version", "/netbox/status", "/dcim/devices/create/stream"]) await keep("GET", path);

  answers.push({
    from: "a wrong key",
    text: (await ask({ ...plugin.backend, key: wrong ?? "" }, "GET", "/auth/keys")).text,
  });
  await keep("POST", "/auth/register-key", { api_key: wrong });
  madeKey = ((await ask(plugin.backend, "POST", "/auth/keys")).json as NewApiKey).raw_key;
  await keep("GET", "/auth/keys");
  await listen(socket ?? "", "Full Update");
  await listen(madeKey, `{"api_key":"${madeKey}"}`);
}

/** What a socket says to a key and a command, until it is closed or quiet. */
async function listen(key: string, command: string): Promise<void> {
  const socket = new WebSocket(`${world.plugin.backend.url.replace("http", "ws")}/ws`);
  const said: string[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  socket.onopen = () => {
    socket.send(JSON.stringify({ api_key: key }));
    setTimeout(() => socket.send(command), 300);
    setTimeout(() => socket.close(), 900);
  };
  socket.onmessage = ({ data }) => void said.push(String(data));
  socket.onclose = ({ code, reason }) => {
    said.push(`${code} ${reason}`);
    resolve();
  };
  await promise;
  answers.push({ from: "a socket", text: said.join("\n") });
}

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

/** A text as it is, escaped for JSON or an address, in hex, and in base64 wherever it begins there. */
function formsOf(text: string): string[] {
  const shifted = [0, 1, 2].map((shift) => {
    const whole = Buffer.concat([Buffer.alloc(shift), Buffer.from(text)])
      .toString("base64")
      .replace(/=+$/, "");
    return whole.slice(shift === 0 ? 0 : shift + 1, -1);
  });
  const escaped = [
    JSON.stringify(text).slice(1, -1),
    encodeURIComponent(text),
    new URLSearchParams({ text }).toString(),
  ];
  return [
    text,
    ...escaped,
    Buffer.from(text).toString("hex"),
    ...shifted,
    ...shifted.map((form) => form.replaceAll("+", "-").replaceAll("/", "_")),
  ].map((form) => form.replace(/^text=/, ""));
}

/** Where a text stands in any form. */
function places(text: string): string[] {
  const forms = formsOf(text);
  const everything = [
    ...answers.map(({ from, text }) => ({ from, bytes: Buffer.from(text) })),
    ...overheard,
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
    /^\/nats\/.*OBJ_PBX_BLOB/,
    /^\/logs\/gateway/,
    /^\/logs\/inventory/,
    /^bus proxbox\.log\./,
    /^bus \$O\./,
    /^NetBox$/,
  ])
    expect([place, found.some((from) => place.test(from))]).toEqual([place, true]);
  expect(found).toContain("GET /proxmox/endpoints");
  expect(found).toContain("GET /admin/logs?limit=5000");
});

test("it sees a text in each form that it could have", () => {
  const text = 'planted "5d1c"/+\u00e9&=%';
  const basic = Buffer.from(`root@pam:${text}!`).toString("base64");
  for (const form of [
    `a ${text}`,
    JSON.stringify([text]),
    new URL(`http://x/?q=${encodeURIComponent(text)}`).href,
    basic,
  ])
    expect([form, formsOf(text).some((known) => form.includes(known))]).toEqual([form, true]);
});

test("one that did get into a log is found", () => {
  const control = "planted-control-e7";
  const log = join(world.scene.dataDir, "logs", "vms-0.log");
  appendFileSync(log, `{"level":"info","msg":"Basic ${Buffer.from(`root:${control}`).toString("base64")}"}\n`);
  expect(places(control)).toEqual(["/logs/vms-0.log"]);
});

test("the ones who repeat secrets were heard, without them", () => {
  expect(places("PVEAPIToken=root@pam!proxbox=[hidden]").some((from) => from.startsWith("/logs/"))).toBe(true);
  expect(places("Invalid header. Authorization: Token [hidden]").some((from) => /^bus proxbox\.evt/.test(from))).toBe(
    true,
  );
  expect(places("wrong password: [hidden]")).toContain("GET /proxmox/version");
});

test("what Proxmox tells of secrets was asked for, and is masked", () => {
  const masked = new Set(places("**********"));
  for (const path of ["storage", "storage/smb", "cluster/sdn/ipams", "cluster/sdn/dns"])
    expect([path, [...masked].some((from) => from.startsWith(`GET /proxmox/api2/${path}?`))]).toEqual([path, true]);
});

test.each([
  ...Object.entries(planted),
  ...Object.entries(told),
  ["the token that reads Proxmox", credentials.tokenValue],
  ["the password that reads Proxmox", credentials.password],
  ["the tickets that it got", "::lab+/="],
  ["the ticket that was quoted", "65AB12CD::x"],
])("%s stands nowhere", (_, secret) => {
  expect(places(secret)).toEqual([]);
});

test("neither do the tokens of NetBox, the plugin's keys and the key of the secrets", () => {
  const { plugin, scene } = world;
  const encryptionKey = readFileSync(join(scene.dataDir, "encryption.key"), "utf8").trim();
  const { secret } = scene.netbox.tokens.v2;
  const own = [plugin.own.token, secret, plugin.backend.key, madeKey, encryptionKey];
  // NetBox keeps its own tokens.
  for (const each of own) expect(places(each).filter((from) => from !== "NetBox")).toEqual([]);
});
