import { expect, test } from "bun:test";
import type { ProxmoxEndpoint } from "@proxbox/runtime/endpoints";
import { ConfigError } from "@proxbox/runtime/errors";
import { askEndpoints } from "@proxbox/runtime/isolation";
import { proxmoxOf } from "./session.ts";

const endpoint = (id: number, change: Partial<ProxmoxEndpoint> = {}) =>
  ({
    id,
    name: `pve-${id}`,
    ip_address: "192.0.2.1",
    domain: null,
    port: 8006,
    username: "u@pam",
    ...change,
  }) as ProxmoxEndpoint;

test("an endpoint whose secrets cannot be decrypted fails alone, and says what to do", async () => {
  const unreadable = new ConfigError("secret_unreadable", "The stored secrets of pve-1 cannot be decrypted.", {
    next: "Push the endpoint again.",
  });
  const ctx = {
    endpoints: [endpoint(1, { unreadable }), endpoint(2, { password: "p" })],
    signal: new AbortController().signal,
    env: {},
    shared: <T>(_: string, create: () => T) => create(),
  };
  const { answered, failed } = await askEndpoints(ctx, (one) => {
    proxmoxOf(ctx, one);
    return Promise.resolve(one.id);
  });
  expect(answered.map(({ value }) => value)).toEqual([2]);
  expect(failed).toMatchObject([
    { endpoint: 1, report: { error: { code: "secret_unreadable", next: "Push the endpoint again." } } },
  ]);
});
