import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { runKeys } from "@proxbox/contracts/endpoints";
import type { RunView } from "@proxbox/contracts/http";
import { type PluginBench, startPluginBench } from "./plugin-bench.ts";
import { eventually, type Frame, framesOf, framesUntil, jsonOf, runFact, spawnGateway, stageFact } from "./support.ts";

setDefaultTimeout(30_000);

// Short enough to see what a gateway says of a run while somebody reads it: every second.
const grace = { PROXBOX_DISCONNECT_GRACE_SECONDS: "3" };
let bench: PluginBench;
let other: { url: string } & AsyncDisposable;
beforeAll(async () => {
  bench = await startPluginBench(grace);
  other = await bench.another(grace);
});
afterAll(async () => {
  await other[Symbol.asyncDispose]();
  await bench[Symbol.asyncDispose]();
});

const devices = "/dcim/devices/create/stream";
const isEnd = ({ event }: Frame) => event === "complete";
const optionsOf = async (run: string) => (await jsonOf<RunView>(bench.call("GET", `/runs/${run}`))).request.options;

// A wish of its own for each test.
let wishes = 0;
const newPath = () => {
  wishes += 1;
  return `${devices}?netbox_branch_schema_id=wish${wishes}`;
};

/** What is asked for while `work` goes on. */
async function createdBy<T>(work: () => Promise<T>): Promise<{ made: string[]; result: T }> {
  const before = await bench.created();
  const result = await work();
  return { made: (await bench.created()).filter((run) => !before.includes(run)), result };
}

describe("asking again", () => {
  test("attaches, and tells everything from the beginning", async () => {
    const path = newPath();
    const { made, result: first } = await createdBy(() => bench.ask(path));
    const [run = ""] = made;
    await runFact(bench.bus, run, "running");
    await stageFact(bench.bus, run, "devices", 1, "started");
    await stageFact(bench.bus, run, "devices", 1, "manifest", { manifest: { count: 3 } });
    const { made: none, result: second } = await createdBy(() => bench.ask(`${path}&run_id=another`));
    expect(none).toEqual([]);
    await bench.finish(run, "devices");
    const [told, again] = await Promise.all([first.text(), second.text()]);
    expect(again).toBe(told);
    expect(told).toContain("event: complete");
  });

  test("at the same moment, at two gateways: one run, every time", async () => {
    for (let round = 0; round < 5; round += 1) {
      const path = newPath();
      const urls = Array.from({ length: 8 }, (_, index) => (index % 2 === 0 ? bench.gateway.url : other.url));
      const { made, result } = await createdBy(() => Promise.all(urls.map((url) => bench.ask(path, { url }))));
      expect(result.map(({ status }) => status)).toEqual(urls.map(() => 200));
      expect(made).toHaveLength(1);
      const [run = ""] = made;
      await bench.finish(run, "devices");
      for (const answer of result) expect((await framesUntil(framesOf(answer), isEnd)).at(-1)?.data.ok).toBe(true);
      const wanted = (await bench.runs.list(runKeys.wantedAll)).map(({ key }) => key);
      expect(wanted.filter((key) => key.includes(made[0] ?? "none"))).toHaveLength(1);
    }
  });

  test("for something else, or after the end, is another run", async () => {
    const path = newPath();
    const { made } = await createdBy(async () => {
      const first = await bench.ask(path);
      await bench.ask(`${path}&overwrite_device_role=false`);
      return first;
    });
    expect(made).toHaveLength(2);
    await bench.finish(made[0] ?? "", "devices", false);
    const { made: again } = await createdBy(() => bench.ask(path));
    expect(again).toHaveLength(1);
    await runFact(bench.bus, again[0] ?? "", "cancelling");
    const { made: fresh } = await createdBy(() => bench.ask(path));
    expect(fresh).toHaveLength(1);
  });

  test("when the run was given up a moment ago, although it is not over yet, is another run", async () => {
    const path = newPath();
    const { made } = await createdBy(() => bench.ask(path));
    await bench.runs.delete(runKeys.wanted(made[0] ?? ""));
    const { made: again } = await createdBy(() => bench.ask(path));
    expect(again).toHaveLength(1);
  });

  test("for what another release has entered in its own way begins anew", async () => {
    const path = newPath();
    const { made } = await createdBy(() => bench.ask(path));
    const [entry] = (await bench.runs.list(runKeys.wishAll)).filter(({ value }) => value.includes(made[0] ?? "none"));
    await bench.runs.put(entry?.key ?? "", '{"of":"tomorrow"}');
    const { made: again } = await createdBy(() => bench.ask(path));
    expect(again).toHaveLength(1);
  });

  test("for a run that a gateway entered and died before it created it, creates that run", async () => {
    const path = newPath();
    const { made } = await createdBy(() => bench.ask(path));
    await bench.finish(made[0] ?? "", "devices");
    const [entry] = (await bench.runs.list(runKeys.wishAll)).filter(({ value }) => value.includes(made[0] ?? "none"));
    await bench.runs.put(runKeys.wanted("left-behind"), '{"graceMs":3000}');
    await bench.runs.put(entry?.key ?? "", '{"run":"left-behind","job":"left-behind"}');
    const { made: again } = await createdBy(() => Promise.all([bench.ask(path), bench.ask(path, { url: other.url })]));
    expect(again).toEqual(["left-behind"]);
  });
});

describe("a run is wanted", () => {
  test("while somebody reads it, and from when the last one leaves for the grace", async () => {
    const path = newPath();
    const stay = new AbortController();
    const leave = new AbortController();
    const read = async (signal: AbortSignal) => {
      const answer = await bench.ask(path, { signal });
      return { ended: answer.text().catch(() => "gone") };
    };
    const { made, result: first } = await createdBy(() => read(stay.signal));
    const [run = ""] = made;
    const second = await read(leave.signal);
    const revision = async () => (await bench.wanted(run))?.revision ?? 0;
    expect(await bench.wanted(run)).toMatchObject({ graceMs: 3_000 });
    leave.abort();
    expect(await second.ended).toBe("gone");
    for (let round = 0; round < 3; round += 1) {
      const before = await revision();
      await eventually(async () => (await revision()) > before, "it is said again that the run is wanted");
    }
    const before = await revision();
    stay.abort();
    expect(await first.ended).toBe("gone");
    await eventually(async () => (await revision()) > before, "the last one says so when it leaves");
    await bench.leftAlone(run);
  });

  test("also by who waits for the answer without a stream", async () => {
    const stop = new AbortController();
    const path = newPath().replace("/stream", "");
    const before = await bench.created();
    const asking = bench.ask(path, { signal: stop.signal }).catch(() => null);
    const newest = async () => (await bench.created()).find((run) => !before.includes(run));
    await eventually(async () => (await newest()) !== undefined, "a run was asked for");
    const run = (await newest()) ?? "";
    const first = (await bench.wanted(run))?.revision ?? 0;
    await eventually(async () => ((await bench.wanted(run))?.revision ?? 0) > first, "it is said again");
    stop.abort();
    await asking;
    await bench.leftAlone(run);
  });
});

test("a gateway that is killed takes nothing with it: another one tells the run from its beginning", async () => {
  const path = newPath();
  await using victim = await spawnGateway({ ...bench, env: { ...bench.env, ...grace } });
  const { made, result } = await createdBy(() => bench.ask(path, { url: victim.url }));
  const [run = ""] = made;
  const cut = framesOf(result);
  await stageFact(bench.bus, run, "devices", 1, "started");
  await cut.next();
  victim.kill("SIGKILL");
  // The connection breaks without a complete, which the plugin takes for a failure and asks again.
  const rest = await Array.fromAsync(cut).catch(() => []);
  expect(rest.filter(isEnd)).toEqual([]);
  const { made: none, result: retried } = await createdBy(() => bench.ask(path, { url: other.url }));
  expect(none).toEqual([]);
  await bench.finish(run, "devices");
  const frames = await framesUntil(framesOf(retried), isEnd);
  expect(frames[0]).toMatchObject({ event: "step", data: { step: "devices", status: "started" } });
  expect(frames.at(-1)?.data).toMatchObject({ ok: true });
});

describe("the stages of one job", () => {
  const ask = async (path: string, stage: string) => {
    const { made, result } = await createdBy(() => bench.ask(path));
    const [run = ""] = made;
    await bench.finish(run, stage);
    await result.text();
    return { run, options: await optionsOf(run) };
  };

  test("share what they see, until the first stage is asked for again", async () => {
    const branch = "?netbox_branch_schema_id=job";
    const first = await ask(`${devices}${branch}`, "devices");
    expect(first.options.job).toBe(first.run);
    const machines = "/virtualization/virtual-machines";
    const later = await ask(
      `${machines}/backups/all/create/stream${branch}&delete_nonexistent_backup=true`,
      "vm-backups",
    );
    expect(later.options.job).toBe(first.run);
    const elsewhere = await ask(
      `${machines}/snapshots/all/create/stream${branch}&proxmox_endpoint_ids=2`,
      "vm-snapshots",
    );
    expect(elsewhere.options.job).toBe(elsewhere.run);
    const again = await ask(`${devices}${branch}`, "devices");
    expect(again.options.job).toBe(again.run);
    const one = await ask(`${machines}/7/snapshots/create/stream${branch}`, "vm-snapshots");
    expect(one.options.job).toBeUndefined();
  });
});
