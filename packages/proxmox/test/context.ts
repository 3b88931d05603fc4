import type { ProxmoxEndpoint } from "@proxbox/runtime/endpoints";
import type { ProxmoxClient } from "../src/client.ts";
import type { ObservationContext } from "../src/observations.ts";
import type { ProxmoxConfig } from "../src/settings.ts";

/** A stage's context over a client, with a store that can be looked into. */
export type TestContext = ObservationContext & { stored: Map<string, unknown> };

export const endpoint = { id: 7, name: "pve", ip_address: "127.0.0.1", port: 8006 } as ProxmoxEndpoint;

/** The context of one stage of run `r1`; one with the store of another comes later in the same run. */
export function contextOf(
  client: ProxmoxClient,
  { stored = new Map(), ...change }: Partial<TestContext> = {},
  config: Partial<ProxmoxConfig> = {},
): TestContext {
  const blobs = {
    putJson: async (name: string, value: unknown) => {
      stored.set(name, JSON.stringify(value));
      return { bucket: "b", name, digest: "d" };
    },
    getJson: async (name: string) => JSON.parse((stored.get(name) as string | undefined) ?? "null"),
  };
  const settings = { PROXBOX_OBSERVATION_MAX_AGE: 600, PROXBOX_GUEST_AGENT_TIMEOUT: 15, ...config };
  const shared = (key: string) => (key === "proxmox-config" ? settings : client);
  const signal = AbortSignal.timeout(20_000);
  const base = {
    run: "r1",
    stage: "vm-disks",
    attempt: 1,
    options: {},
    env: {},
    signal,
    blobs,
    shared,
    stored,
    ...change,
  };
  return base as unknown as TestContext;
}
