import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findNatsServer } from "@proxbox/runtime/nats-server";
import { freePort } from "@proxbox/stack/preflight";
import { programOf, type ServiceName } from "@proxbox/stack/services";

setDefaultTimeout(60_000);

const password = "planted-bus-password-6e2d";
const encryptionKey = "planted-encryption-key-f0a7";
let folder: string;
let url: string;
let server: Bun.Subprocess;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "proxbox-login-"));
  const port = await freePort();
  const config = join(folder, "nats.conf");
  const user = `{ user: pbx, password: "${password}" }`;
  const store = JSON.stringify(join(folder, "store"));
  await writeFile(
    config,
    `listen: "127.0.0.1:${port}"\njetstream { store_dir: ${store} }\nauthorization { users: [${user}] }\n`,
  );
  server = Bun.spawn([findNatsServer(), "-c", config], { stdout: "ignore", stderr: "ignore" });
  url = `nats://127.0.0.1:${port}`;
});
afterAll(async () => {
  server.kill();
  await server.exited;
  await rm(folder, { recursive: true, force: true });
});

/** Runs a service until `until` is said, or it ends; and tells everything that it said. */
async function heardOf(service: ServiceName, env: Record<string, string>, until: RegExp): Promise<string> {
  const settings = {
    PATH: process.env.PATH ?? "",
    PORT: "0",
    PROXBOX_LOG_LEVEL: "debug",
    PROXBOX_NATS_WAIT_SECONDS: "3",
    PROXBOX_ENCRYPTION_KEY: encryptionKey,
    NATS_URL: url,
    ...env,
  };
  const child = Bun.spawn([process.execPath, programOf(service)], { env: settings, stdout: "pipe", stderr: "pipe" });
  let said = "";
  const listen = async (output: ReadableStream<Uint8Array>) => {
    for await (const chunk of output) {
      said += new TextDecoder().decode(chunk);
      if (until.test(said)) child.kill();
    }
  };
  await Promise.all([listen(child.stdout), listen(child.stderr), child.exited]);
  return said;
}

const login = { NATS_USER: "pbx", NATS_PASSWORD: password };
const elsewhere = "nats://127.0.0.1:1";

test.each<[string, ServiceName, Record<string, string>, RegExp]>([
  ["that is right", "gateway", login, /service\.started/],
  ["that is right, in a service", "inventory", login, /service\.started/],
  ["that is wrong", "gateway", { ...login, NATS_USER: "stranger" }, /bus_login_refused|refuses the login/],
  [
    "in an address that nobody listens at",
    "gateway",
    { NATS_URL: elsewhere.replace("//", `//pbx:${password}@`) },
    /does not answer; given up/,
  ],
  [
    "beside an nkey that is none",
    "gateway",
    { ...login, NATS_USER: "", NATS_PASSWORD: "", NATS_NKEY_SEED: password },
    /\S/,
  ],
])("a password of the bus %s is not told", async (_, service, env, until) => {
  const said = await heardOf(service, env, until);
  expect(said).toMatch(until);
  expect(said).not.toContain(password);
  expect(said).not.toContain(encryptionKey);
});

test("nor does it get into what the bus stores", async () => {
  const files = await readdir(join(folder, "store"), { recursive: true, withFileTypes: true });
  const stored = files.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  expect(stored.length).toBeGreaterThan(10);
  for (const file of stored) {
    const bytes = Buffer.from(await Bun.file(file).arrayBuffer());
    for (const secret of [password, encryptionKey]) expect([file, bytes.includes(secret)]).toEqual([file, false]);
  }
});
