import { describe, expect, test } from "bun:test";
import type { ProxmoxEndpointChange } from "@proxbox/contracts/http-settings";
import { changedNetBox, changedProxmox, idFor, newNetBox, newProxmox, viewOfProxmox } from "./endpoint-rules.ts";

const seal = (text: string) => `sealed(${text})`;
const pushed = { name: "a (nb:1)", ip_address: "10.0.0.1", port: 8006, username: "root@pam" };
const stored = newProxmox(1, { ...pushed, password: "old", token_name: "t", token_value: "v" }, seal);

const fixtures = `${import.meta.dir}/../../test/fixtures/`;
const pem = (label: string) => `-----BEGIN ${label}-----\nAAAA\n-----END ${label}-----\n`;

const pastedWhole = { token_name: "api@pve!sync", token_value: "sealed(s3)" };

describe("Proxmox endpoint", () => {
  test("a first push gets the defaults, and nothing unknown is kept", () => {
    const row = newProxmox(1, { ...pushed, password: "p", colour: "red" } as never, seal);
    expect(row).toMatchObject({
      enabled: true,
      verify_ssl: true,
      allow_writes: false,
      password: "sealed(p)",
      token_value: "",
    });
    expect(row).not.toHaveProperty("colour");
  });

  test.each<[string, ProxmoxEndpointChange, object]>([
    [
      "absent keys stay",
      { enabled: false },
      { enabled: false, password: "sealed(old)", token_name: "t", name: "a (nb:1)" },
    ],
    [
      "null clears the password beside a token",
      { password: null, token_name: "n", token_value: "w" },
      { password: "", token_name: "n", token_value: "sealed(w)" },
    ],
    [
      "null clears the token beside a password",
      { password: "x", token_name: null, token_value: null },
      { password: "sealed(x)", token_name: null, token_value: "" },
    ],
    ["a rename", { name: "b (nb:1)" }, { name: "b (nb:1)", id: 1 }],
    ["an id is not to be changed", { id: 9 } as never, { id: 1 }],
    ...["PVEAPIToken=api@pve!sync=s3", "api@pve!sync=s3"].flatMap(
      (whole): [string, ProxmoxEndpointChange, object][] => [
        ["a token pasted whole as its value", { token_name: "x", token_value: whole }, pastedWhole],
        ["a token pasted whole as its name", { token_name: whole }, pastedWhole],
      ],
    ),
    ["null inherits", { timeout: null, domain: null }, { timeout: null, domain: null }],
    [
      "a fingerprint in any writing",
      { tls_fingerprint: "ab".repeat(32) },
      { tls_fingerprint: Array(32).fill("AB").join(":") },
    ],
  ])("%s", (_, sent, expected) => {
    expect(changedProxmox(stored, sent, seal)).toMatchObject(expected);
  });

  test.each<[string, ProxmoxEndpointChange, RegExp]>([
    ["a token name alone", { token_name: "n" }, /together/],
    ["a token value alone", { token_value: "n" }, /together/],
    ["an empty password alone", { password: "" }, /password, or both/],
    ["everything cleared", { password: null, token_name: null, token_value: null }, /password, or both/],
    ["an unknown word in the template", { node_device_name_template: "{node}-{rack}" }, /\{rack\} is not known/],
    ["a template without the node", { node_device_name_template: "{cluster}-host" }, /\{node\}/],
    ["a brace too many", { node_device_name_template: "{node" }, /\{ is not known/],
    ["a fingerprint that is none", { tls_fingerprint: "12:34" }, /64 hex digits/],
    ["an authority that is none", { tls_ca: "hello" }, /PEM/],
    ["a private key for an authority", { tls_ca: pem("PRIVATE KEY") }, /PEM/],
    ["a certificate of nothing", { tls_ca: pem("CERTIFICATE") }, /PEM/],
    ["a whole token as user", { username: "api@pve!sync=s3" }, /^username holds the secret of an API token/],
    ["a whole token in the name", { name: "PVEAPIToken=api@pve!sync=s3" }, /^name holds the secret/],
    [
      "a whole token in a name of a token",
      { token_name: "x api@pve!sync=s3 y", token_value: "v" },
      /^token_name holds/,
    ],
  ])("%s is refused", (_, sent, sentence) => {
    expect(() => changedProxmox(stored, sent, seal)).toThrow(sentence);
  });

  test("of an authority its certificates are kept, and no private key that was pasted along", async () => {
    const [cert, key] = await Promise.all(["server.crt", "server.key"].map((name) => Bun.file(fixtures + name).text()));
    const { tls_ca } = changedProxmox(stored, { tls_ca: `${key}\n${cert}${cert}` }, seal);
    expect(tls_ca).toBe(`${cert}${cert}`);
  });

  test("a fingerprint is taken off by null", () => {
    const trusted = changedProxmox(stored, { tls_fingerprint: "ab".repeat(32) }, seal);
    expect(changedProxmox(trusted, { tls_fingerprint: null }, seal)).not.toHaveProperty("tls_fingerprint");
  });

  test("nothing secret is shown", () => {
    const shown = viewOfProxmox(stored);
    expect(Object.keys(shown)).not.toContain("token_name");
    expect(JSON.stringify(shown)).not.toContain("sealed(");
  });

  test.each([
    ["pve (nb:7)", [], 7],
    ["pve (nb:7)", [7], 8],
    ["pve", [], 1],
    ["pve", [2, 5], 6],
  ])("%p beside %p gets id %p", (name, taken, id) => {
    expect(idFor(name, taken)).toBe(id);
  });
});

describe("NetBox endpoint", () => {
  const netbox = newNetBox(
    1,
    { name: "n", ip_address: "10.0.0.2", token: " t ", token_version: " V2 ", token_key: "k" },
    seal,
  );

  test("texts are trimmed, secrets sealed, defaults filled in", () => {
    expect(netbox).toMatchObject({
      port: 443,
      token_version: "v2",
      token: "sealed(t)",
      token_key: "sealed(k)",
      domain: "",
    });
  });

  test("what is not sent is not sealed again", () => {
    expect(changedNetBox(netbox, { port: 8443 }, seal)).toMatchObject({ port: 8443, token: "sealed(t)" });
  });

  test("v1 clears the key", () => {
    expect(changedNetBox(netbox, { token_version: "v1", token: "x" }, seal)).toMatchObject({
      token_key: "",
      token: "sealed(x)",
    });
  });

  test.each([
    [{ token: "" }, /has no token/],
    [{ token_key: null }, /needs both/],
    [{ token_version: "v3" }, /v1 or v2/],
  ])("%p is refused", (sent, sentence) => {
    expect(() => changedNetBox(netbox, sent, seal)).toThrow(sentence);
  });
});
