import { expect, test } from "bun:test";
import { readOrchestratorConfig } from "./config.ts";

test("permits: one to 64 unless said otherwise", () => {
  expect(readOrchestratorConfig({})).toMatchObject({
    PROXBOX_NETBOX_MIN_CONCURRENT: 1,
    PROXBOX_NETBOX_MAX_CONCURRENT: 64,
  });
});

test.each([
  [
    "no permits",
    { PROXBOX_NETBOX_MAX_CONCURRENT: "0" },
    'PROXBOX_NETBOX_MAX_CONCURRENT is "0"; it must be a whole number, at least 1',
  ],
  [
    "a floor above the ceiling",
    { PROXBOX_NETBOX_MIN_CONCURRENT: "8", PROXBOX_NETBOX_MAX_CONCURRENT: "4" },
    "PROXBOX_NETBOX_MIN_CONCURRENT is 8; it must be at most PROXBOX_NETBOX_MAX_CONCURRENT (4).",
  ],
  [
    "a request that outlives its permit",
    { PROXBOX_NETBOX_TIMEOUT_SECONDS: "40" },
    "PROXBOX_NETBOX_TIMEOUT_SECONDS is 40",
  ],
])("%s is refused", (_, env, message) => {
  expect(() => readOrchestratorConfig(env)).toThrow(message);
});
