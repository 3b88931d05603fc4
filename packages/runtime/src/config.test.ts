import { expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Type } from "@sinclair/typebox";
import { readConfig } from "./config.ts";
import { readServiceConfig } from "./settings.ts";

const Schema = Type.Object({
  NAME: Type.String({ default: "fallback" }),
  COUNT: Type.Integer({ default: 4, minimum: 1, maximum: 10 }),
  RATIO: Type.Optional(Type.Number()),
  FLAG: Type.Boolean({ default: false }),
  LEVEL: Type.Union([Type.Literal("low"), Type.Literal("high")], { default: "low" }),
  KEY: Type.Optional(Type.String({ minLength: 4, secret: true })),
  NEEDED: Type.String(),
});

test("texts become what the schema says, defaults fill the rest", () => {
  const env = { NEEDED: " x ", COUNT: "7", RATIO: "-0.5", FLAG: "Yes", LEVEL: "high", OTHER: "ignored", NAME: "" };
  expect(readConfig(Schema, env)).toEqual({
    NEEDED: "x",
    COUNT: 7,
    RATIO: -0.5,
    FLAG: true,
    LEVEL: "high",
    NAME: "fallback",
  });
});

test("every fault is told at once, and no secret is shown", () => {
  const env = { COUNT: "11", RATIO: "0x10", FLAG: "maybe", LEVEL: "mid", KEY: "abc" };
  expect(() => readConfig(Schema, env)).toThrow(
    expect.objectContaining({
      name: "ConfigError",
      message: [
        'COUNT is "11"; it must be a whole number, at least 1, at most 10.',
        'RATIO is "0x10"; it must be a number.',
        'FLAG is "maybe"; it must be true or false.',
        'LEVEL is "mid"; it must be one of low, high.',
        "KEY is not usable; it must be a text, at least 4 characters long.",
        "NEEDED is not set; it must be a text.",
      ].join("\n"),
    }),
  );
});

test("a value may stand in a file", () => {
  const folder = mkdtempSync(join(tmpdir(), "proxbox-config-"));
  try {
    const file = join(folder, "key");
    writeFileSync(file, "from-file\n");
    expect(readConfig(Schema, { NEEDED: "x", KEY_FILE: file }).KEY).toBe("from-file");
    expect(() => readConfig(Schema, { NEEDED: "x", KEY_FILE: file, KEY: "both" })).toThrow(
      "KEY and KEY_FILE are both set",
    );
    expect(() => readConfig(Schema, { NEEDED: "x", KEY_FILE: join(folder, "none") })).toThrow(
      "cannot be read (ENOENT)",
    );
    writeFileSync(file, " \n");
    expect(() => readConfig(Schema, { NEEDED: "x", KEY_FILE: file })).toThrow("which is empty");
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("the settings of every service have defaults that fit together", () => {
  const config = readServiceConfig({});
  expect(config).toMatchObject({
    NATS_URL: "nats://127.0.0.1:4222",
    PROXBOX_ITEM_WORKERS: 4,
    PROXBOX_ENCRYPTION_KEY_FILE: "./data/encryption.key",
  });
  expect(config.PROXBOX_REPLICA).toMatch(/^[A-Za-z0-9_-]{1,64}$/);
  expect(readServiceConfig({ PROXBOX_ENCRYPTION_KEY_FILE: "/nowhere/key" }).PROXBOX_ENCRYPTION_KEY_FILE).toBe(
    "/nowhere/key",
  );
});

test("a NetBox request may not outlive its permit", () => {
  const env = { PROXBOX_NETBOX_TIMEOUT_SECONDS: "30", PROXBOX_PERMIT_ACK_WAIT_SECONDS: "30" };
  expect(() => readServiceConfig(env)).toThrow("PROXBOX_NETBOX_TIMEOUT_SECONDS is 30; it must be less than");
});
