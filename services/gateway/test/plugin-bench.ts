import { runKeys } from "@proxbox/contracts/endpoints";
import { names } from "@proxbox/contracts/streams";
import { filters, parseEventSubject } from "@proxbox/contracts/subjects";
import { type Bucket, openBucket } from "@proxbox/runtime/buckets";
import { readStored } from "@proxbox/runtime/reader";
import { type Bench, eventually, runFact, stageFact, startBench, summary, testKey } from "./support.ts";

/** A gateway to which a plugin has pushed a NetBox and two Proxmox endpoints, 1 and 2. */
export type PluginBench = Bench & {
  runs: Bucket;
  /** Asks for a path, at the first gateway unless another is named. Read or keep the answer: one that is lost is cut off. */
  ask(path: string, more?: { url?: string; signal?: AbortSignal; method?: string }): Promise<Response>;
  /** The runs that were asked for, oldest first. */
  created(): Promise<string[]>;
  /** Says what an orchestrator and a service say of a run with one stage, up to its end. */
  finish(run: string, stage: string, ok?: boolean): Promise<void>;
  /** What PBX_RUN says of who wants a run; null: nobody does. */
  wanted(run: string): Promise<{ graceMs: number; revision: number } | null>;
  /** Waits until it has not been said for two thirds of the grace that a run is wanted: twice as long as between two times. */
  leftAlone(run: string): Promise<void>;
};

/** Starts it, with these settings besides. */
export async function startPluginBench(env: Record<string, string> = {}): Promise<PluginBench> {
  const bench = await startBench(env);
  await bench.call("POST", "/netbox/endpoint", {
    ...{ name: "NetBox", ip_address: "10.1.0.1", domain: "", port: 443, verify_ssl: true },
    ...{ token_version: "v1", token: "0123456789012345678901234567890123456789" },
  });
  for (const id of [1, 2]) {
    await bench.call("POST", "/proxmox/endpoints", {
      ...{
        name: `pve${id} (nb:${id})`,
        ip_address: `10.0.0.${id}`,
        port: 8006,
        username: "root@pam",
        password: "secret",
      },
    });
  }
  const runs = openBucket(bench.bus, names.runs);
  const wanted: PluginBench["wanted"] = async (run) => {
    const entry = await runs.get(runKeys.wanted(run));
    return entry && { ...JSON.parse(entry.value), revision: entry.revision };
  };
  return {
    ...bench,
    runs,
    ask: (path, { url = bench.gateway.url, method = "GET", ...more } = {}) =>
      fetch(url + path, { method, headers: { "x-proxbox-api-key": testKey }, redirect: "manual", ...more }),
    created: async () => {
      const facts = await Array.fromAsync(readStored(bench.bus, { filter: filters.runFacts }));
      const addresses = facts.map(({ subject }) => parseEventSubject(subject));
      return addresses.flatMap((address) =>
        address?.type === "run" && address.fact === "created" ? [address.run] : [],
      );
    },
    finish: async (run, stage, ok = true) => {
      await runFact(bench.bus, run, "running");
      await stageFact(bench.bus, run, stage, 1, "started");
      await stageFact(bench.bus, run, stage, 1, "done", { summary: summary(ok) });
      await runFact(bench.bus, run, ok ? "done" : "failed", { ok });
    },
    wanted,
    leftAlone: (run) =>
      eventually(async () => {
        const last = await wanted(run);
        await Bun.sleep(((last?.graceMs ?? 0) * 2) / 3);
        return (await wanted(run))?.revision === last?.revision;
      }, `nobody says any more that run ${run} is wanted`),
  };
}
