import { expect, test } from "bun:test";
import { readProxmoxConfig } from "./settings.ts";

test("left alone, Proxmox is read as it is best", () => {
  const config = readProxmoxConfig({});
  expect(config).toMatchObject({ PROXBOX_OBSERVATION_MAX_AGE: 600, PROXBOX_GUEST_AGENT_TIMEOUT: 15 });
  expect(config.PROXBOX_PROXMOX_FETCH_CONCURRENCY).toBeUndefined();
});

test("every wrong value is told", () => {
  const env = {
    PROXBOX_OBSERVATION_MAX_AGE: "-1",
    PROXBOX_GUEST_AGENT_TIMEOUT: "601",
    PROXBOX_PROXMOX_FETCH_CONCURRENCY: "0",
  };
  expect(() => readProxmoxConfig(env)).toThrow(/MAX_AGE is "-1".*\n.*TIMEOUT is "601".*\n.*CONCURRENCY is "0"/);
});
