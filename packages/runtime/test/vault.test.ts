import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { settingKeys } from "@proxbox/contracts/endpoints";
import { names } from "@proxbox/contracts/streams";
import { type Bucket, openBucket } from "../src/buckets.ts";
import { netboxAuthorization, netboxUrl, openEndpoints } from "../src/endpoints.ts";
import { openVault } from "../src/vault.ts";
import { netboxEndpoint, proxmoxEndpoint, quietLog, type Stand, startStand } from "./stand.ts";

setDefaultTimeout(20_000);

let stand: Stand;
let bucket: Bucket;
let folder: string;
beforeAll(async () => {
  stand = await startStand();
  bucket = openBucket(stand.bus, names.settings);
  folder = await mkdtemp(join(tmpdir(), "proxbox-vault-"));
});
afterAll(async () => {
  await stand[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

const open = (key: { text?: string; file?: string }) =>
  openVault({ bucket, key: { text: key.text, file: key.file ?? join(folder, "none", "key") }, log: quietLog });
const fresh = () => bucket.delete(settingKeys.vaultCheck);

test("a key is generated once, for its owner only, and found again by every process", async () => {
  await fresh();
  const file = join(folder, "deep", "encryption.key");
  const vaults = await Promise.all(Array.from({ length: 4 }, () => open({ file })));
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect((await readFile(file, "utf8")).trim().length).toBe(43);
  const sealed = vaults[0]?.seal("Zugang: pässwörd 🔑") ?? "";
  expect(sealed.startsWith("v1:")).toBe(true);
  expect(sealed).not.toContain("Zugang");
  for (const vault of vaults) expect(vault.open(sealed)).toBe("Zugang: pässwörd 🔑");
  expect((await open({ file })).open(sealed)).toBe("Zugang: pässwörd 🔑");
  expect(vaults[0]?.seal("same")).not.toBe(vaults[0]?.seal("same"));
});

test("a wrong key, and no key where secrets are, refuse to start and say what to do", async () => {
  await fresh();
  await open({ text: "right" });
  await expect(open({ text: "wrong" })).rejects.toMatchObject({
    name: "ConfigError",
    code: "key_wrong",
    next: expect.stringContaining("PROXBOX_ENCRYPTION_KEY"),
  });
  await expect(open({})).rejects.toMatchObject({ name: "ConfigError", code: "key_missing" });
  await expect(stat(join(folder, "none"))).rejects.toThrow();
});

test("a key file that is empty or cannot be made is named", async () => {
  await fresh();
  const empty = join(folder, "empty.key");
  await writeFile(empty, "\n");
  await expect(open({ file: empty })).rejects.toMatchObject({
    code: "key_file_unusable",
    message: expect.stringContaining(empty),
  });
  await expect(open({ file: join(empty, "key") })).rejects.toMatchObject({ code: "key_file_unusable" });
});

test("a secret that was changed is not opened", async () => {
  await fresh();
  const vault = await open({ text: "k" });
  const sealed = vault.seal("secret");
  const bytes = Buffer.from(sealed.slice(3), "base64url");
  for (const place of [0, 12, 28, bytes.length - 1]) {
    const changed = Buffer.from(bytes);
    changed[place] = (changed[place] ?? 0) ^ 1;
    expect(() => vault.open(`v1:${changed.toString("base64url")}`)).toThrow("cannot be decrypted");
  }
  for (const text of ["", "v1:", "v2:AAAA", "secret", sealed.slice(0, 20)])
    expect(() => vault.open(text)).toThrow("cannot be decrypted");
});

test("endpoints are decrypted, ordered, and current at once", async () => {
  await fresh();
  const vault = await open({ text: "k" });
  const endpoints = openEndpoints(stand.bus, vault);
  expect(await endpoints.proxmox()).toEqual([]);
  expect(await endpoints.netbox()).toBeNull();
  const put = (key: string, value: object) => bucket.put(key, JSON.stringify(value));
  await put(settingKeys.proxmox(10), proxmoxEndpoint(10, { token_value: vault.seal("t0ken"), token_name: "sync" }));
  await put(settingKeys.proxmox(2), proxmoxEndpoint(2, { password: vault.seal("pw") }));
  await put(settingKeys.proxmox(3), proxmoxEndpoint(3, { enabled: false }));
  await put(settingKeys.netbox(1), netboxEndpoint({ token: vault.seal("abc") }));
  expect((await endpoints.proxmox()).map(({ id, password, token_value }) => [id, password, token_value])).toEqual([
    [2, "pw", null],
    [10, null, "t0ken"],
  ]);
  expect((await endpoints.proxmox({ disabled: true })).map(({ id }) => id)).toEqual([2, 3, 10]);
  expect(await endpoints.netbox()).toMatchObject({ url: "http://192.0.2.100:8000", authorization: "Token abc" });
  await put(settingKeys.proxmox(2), proxmoxEndpoint(2, { enabled: false }));
  await bucket.delete(settingKeys.netbox(1));
  expect((await endpoints.proxmox()).map(({ id }) => id)).toEqual([10]);
  expect(await endpoints.netbox()).toBeNull();
});

test("secrets of another key hold up their own endpoint only; NetBox fails when it is the one in use", async () => {
  await fresh();
  const vault = await open({ text: "k" });
  const endpoints = openEndpoints(stand.bus, vault);
  const put = (key: string, value: object) => bucket.put(key, JSON.stringify(value));
  const foreign = `v1:${Buffer.alloc(40, 7).toString("base64url")}`;
  await put(settingKeys.proxmox(20), proxmoxEndpoint(20, { name: "lost", password: foreign }));
  await put(settingKeys.proxmox(21), proxmoxEndpoint(21, { password: vault.seal("pw") }));
  const [lost, fine] = (await endpoints.proxmox()).filter(({ id }) => id >= 20);
  expect(lost).toMatchObject({ id: 20, password: null, token_value: null });
  expect(lost?.unreadable).toMatchObject({
    code: "secret_unreadable",
    object: "Proxmox endpoint lost",
    next: expect.stringContaining("Push the endpoint again"),
  });
  expect([fine?.password, fine?.unreadable]).toEqual(["pw", undefined]);
  await put(settingKeys.netbox(1), netboxEndpoint({ token: foreign, enabled: false }));
  expect(await endpoints.netbox()).toBeNull();
  await put(settingKeys.netbox(1), netboxEndpoint({ token: foreign }));
  await expect(endpoints.enabled()).rejects.toMatchObject({ code: "secret_unreadable" });
});

test.each([
  [{ domain: "netbox.example.com", port: 443, verify_ssl: false }, "https://netbox.example.com"],
  [{ domain: "netbox.example.com", port: 8443, verify_ssl: true }, "https://netbox.example.com:8443"],
  [{ domain: "", ip_address: "192.0.2.5/24", port: 80 }, "http://192.0.2.5"],
  [{ domain: "", ip_address: "192.0.2.5", port: 8000 }, "http://192.0.2.5:8000"],
  [{ domain: " ", ip_address: "2001:db8::5/64", port: 443 }, "https://[2001:db8::5]"],
])("the address of NetBox %#", (more, url) => {
  expect(netboxUrl(netboxEndpoint(more))).toBe(url);
});

test.each([
  ["v1", null, "abc", "Token abc"],
  ["v2", "key", "abc", "Bearer nbt_key.abc"],
  ["v2", "nbt_key", "abc", "Bearer nbt_key.abc"],
] as const)("the authorization of a %s token", (token_version, token_key, token, header) => {
  expect(netboxAuthorization({ token_version }, { token, token_key })).toBe(header);
});
