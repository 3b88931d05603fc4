import { expect, test } from "bun:test";
import { NetBoxAPIError } from "./errors.ts";
import { hideInText } from "./hide-in-text.ts";
import { createLogger, type Fact } from "./log.ts";

function logged(fact: Fact, sentence = "Said."): string {
  let line = "";
  const destination = {
    write: (text: string) => {
      line += text;
    },
  };
  createLogger({ service: "vms", replica: "r1", level: "debug", destination }).child({ run: "r" }).info(fact, sentence);
  return line;
}

test("a line has who, when, what and the sentence", () => {
  const line = JSON.parse(logged({ event: "item.done", stage: "devices", item: "n1", ms: 5 }));
  expect(line).toMatchObject({
    level: "info",
    service: "vms",
    replica: "r1",
    run: "r",
    event: "item.done",
    stage: "devices",
    item: "n1",
    ms: 5,
    msg: "Said.",
  });
  expect(Date.parse(line.time)).toBeGreaterThan(0);
});

test.each([
  ["password", "hunter2"],
  ["token_value", "0a1b"],
  ["token_key", "kkk"],
  ["Authorization", "Basic abc"],
  ["X-Proxbox-API-Key", "k3y"],
  ["encryptionKey", "k3y"],
  ["csrfToken", "c5rf"],
])("the field %s is hidden at any depth", (name, secret) => {
  const line = logged({ event: "http.request", headers: [{ nested: { [name]: secret } }] });
  expect(line).not.toContain(secret);
  expect(line).toContain("[hidden]");
});

test.each([
  ["PVEAPIToken=root@pam!sync=11111111-2222-3333-4444-555555555555", "11111111"],
  ["Cookie: PVEAuthCookie=PVE%3Aroot@pam%3A65", "root@pam%3A65"],
  ["Set-Cookie: x=PVE%3Aroot@pam%3A65AB12CD%3A%3Ac2lnbmF0dXJl; path=/", "c2lnbmF0dXJl"],
  ["ticket PVE:root@pam:65AB12CD::c2lnbmF0dXJl was refused", "c2lnbmF0dXJl"],
  ["Authorization: Token 0123456789abcdef0123456789abcdef01234567", "0123456789abcdef"],
  ["Bearer nbt_abcdefghijkl.zyxwvutsrq is invalid", "zyxwvutsrq"],
  ["Authorization: Basic dXNlcjpwYXNz", "dXNlcjpwYXNz"],
  ["nats://svc:s3cret@nats:4222 does not answer", "s3cret"],
])("the text %s loses its secret", (text, secret) => {
  expect(hideInText(text)).not.toContain(secret);
  expect(logged({ event: "netbox.refused", detail: text }, text)).not.toContain(secret);
});

test.each(["PVE:", "PVEAPIToken=", "PVE:a:00000000:", "PVEAPIToken=a!", "a://b:", "Token a-", "nbt_a"])(
  "a hostile text of %p is read in no time",
  (unit) => {
    const started = performance.now();
    hideInText(unit.repeat(100_000 / unit.length));
    expect(performance.now() - started).toBeLessThan(1_000);
  },
);

test("texts without secrets and names of keys stay", () => {
  const text = "Token authentication failed: 401 at /nodes/pve1/qemu for pve1 (nb:3); token sync is unknown";
  expect(hideInText(text)).toBe(text);
  expect(logged({ event: "endpoint.changed", token_name: "sync", item: "key-1" })).toContain('"token_name":"sync"');
});

test("an error is logged with its code, object, cause and next step, and without secrets", () => {
  const cause = new Error("refused Token 0123456789abcdef0123456789abcdef01234567");
  const err = new NetBoxAPIError("netbox_forbidden", "NetBox refuses the write.", {
    object: "tag x",
    next: "Grant it.",
    cause,
  });
  const line = logged({ event: "netbox.refused", err });
  expect(JSON.parse(line).err).toMatchObject({
    type: "NetBoxAPIError",
    code: "netbox_forbidden",
    object: "tag x",
    next: "Grant it.",
    cause: "refused Token [hidden]",
  });
  expect(JSON.parse(logged({ event: "bus.loop", err: new TypeError("odd") })).err).toMatchObject({
    type: "TypeError",
    message: "odd",
    stack: expect.stringContaining("log.test.ts"),
  });
});
