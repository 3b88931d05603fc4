import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import type { AttemptResults, ReplayAccepted, RunView } from "@proxbox/contracts/http";
import type { RunStreamEvent } from "../src/gateway-client.ts";
import { buildEstate, type EstateSize } from "../src/proxmox/build-estate.ts";
import { type Scene, startScene } from "../src/scene.ts";
import { seen } from "./seen.ts";
import { truthOf } from "./truth/truth.ts";

setDefaultTimeout(30_000);

/** A run that met an endpoint that was down, and the same run once it was back and the first stage was replayed. */
type Story = { scene: Scene; failed: RunView; accepted: ReplayAccepted; ended: RunView; followed: RunStreamEvent[] };

async function tell(size: EstateSize): Promise<Story> {
  const scene = await startScene({ estate: buildEstate(size), env: { PROXBOX_LOG_LEVEL: "silent" } });
  const [broken] = scene.proxmox;
  await broken?.down();
  const { id } = await scene.gateway.startRun();
  // A reader that loses its connection again and again, and goes on where it was.
  const followed: RunStreamEvent[] = [];
  await follow(scene, id, followed, 3);
  await follow(scene, id, followed);
  const failed = await scene.gateway.run(id);
  broken?.up();
  for (const endpoint of scene.proxmox) endpoint.resetCounts();
  const accepted = await scene.gateway.call<ReplayAccepted>("POST", `/runs/${id}/stages/devices/replay`);
  await follow(scene, id, followed, 2);
  await follow(scene, id, followed);
  return { scene, failed, accepted, ended: await scene.gateway.run(id), followed };
}

/** Reads on after what was read, until the stream ends or so many events have come. */
async function follow(scene: Scene, run: string, into: RunStreamEvent[], most = Number.POSITIVE_INFINITY) {
  const lastEventId = into.at(-1)?.id;
  const gone = new AbortController();
  const events = scene.gateway.events(run, { ...(lastEventId ? { lastEventId } : {}), signal: gone.signal });
  let count = 0;
  for await (const event of events) {
    into.push(event);
    if (++count === most) break;
  }
  gone.abort();
}

async function everyEvent({ scene, ended }: Story): Promise<RunStreamEvent[]> {
  const events: RunStreamEvent[] = [];
  await follow(scene, ended.id, events);
  return events;
}

async function resultsOf({ scene, ended }: Story, stage: string, attempt: number) {
  const path = `/runs/${ended.id}/stages/${stage}/attempts/${attempt}?limit=500`;
  return (await scene.gateway.call<AttemptResults>("GET", path)).results;
}

function stageOf(view: RunView, name: string) {
  const stage = view.stages.find((candidate) => candidate.stage === name);
  if (!stage) throw new Error(`The run has no stage ${name}.`);
  return stage;
}

function inLine({ scene }: Story): void {
  const shown = scene.proxmox.map(({ cluster, url }, index) => ({ cluster, url, id: scene.endpointIds[index] ?? 0 }));
  expect(seen(scene.netbox)).toEqual(truthOf(shown));
}

describe("a run whose only endpoint was down", () => {
  let story: Story;
  beforeAll(async () => {
    story = await tell({ seed: 8, clusters: 1, nodes: 2, guests: 30 });
  });
  afterAll(() => story.scene[Symbol.asyncDispose]());

  test("ends failed, with its successors blocked", () => {
    const { failed } = story;
    expect(failed).toMatchObject({ phase: "failed", ok: false, generation: 0 });
    const blocked = failed.stages.slice(1).map(({ stage }) => `${stage} was blocked`);
    expect(failed.reason).toBe(`${["devices failed", ...blocked].join(", ")}.`);
    expect(stageOf(failed, "devices")).toMatchObject({ phase: "failed", attempt: 1 });
    expect(stageOf(failed, "devices").summary?.endpoints).toMatchObject([{ state: "failed" }]);
    for (const name of ["storage", "virtual-machines"])
      expect(stageOf(failed, name)).toMatchObject({ phase: "blocked", because: ["devices"] });
  });

  test("is replayed: what failed, then what was blocked, and ends ok", () => {
    const { accepted, ended } = story;
    expect(accepted).toMatchObject({ run: ended.id, stage: "devices", attempt: 2, mode: "failed-only" });
    expect(ended).toMatchObject({ phase: "done", ok: true, generation: 1, reason: null });
    expect(ended.stages).toHaveLength(12);
    for (const stage of ended.stages) expect(stage).toMatchObject({ phase: "done", ok: true });
    inLine(story);
  });

  test("keeps its first attempt readable", async () => {
    const { attempts } = stageOf(story.ended, "devices");
    expect(attempts.map(({ attempt, phase, ok }) => [attempt, phase, ok])).toEqual([
      [1, "failed", false],
      [2, "done", true],
    ]);
    const [first] = await resultsOf(story, "devices", 1);
    expect(first).toMatchObject({ key: `endpoint-${story.scene.endpointIds[0]}`, state: "failed" });
    expect(first?.error?.message).toContain("does not answer");
  });

  test("was seen whole by a reader who came back with Last-Event-ID each time", async () => {
    const events = await everyEvent(story);
    expect(story.followed).toEqual(events);
    expect(new Set(events.map(({ id }) => id)).size).toBe(events.length);
    const facts = events.map(({ event }) => event);
    expect(facts).toContain("run.failed");
    expect(facts.at(-1)).toBe("run.done");
    expect(facts.indexOf("stage.replay")).toBeGreaterThan(facts.indexOf("run.failed"));
  });
});

describe("a run of which one endpoint of two was down", () => {
  let story: Story;
  let broken: number;
  beforeAll(async () => {
    story = await tell({ seed: 8, clusters: 2, nodes: 4, guests: 60, standalone: 0 });
    broken = story.scene.endpointIds[0] ?? 0;
  });
  afterAll(() => story.scene[Symbol.asyncDispose]());

  test("ends failed, with everything of the other endpoint done", () => {
    const { failed } = story;
    expect(failed).toMatchObject({ phase: "failed", ok: false });
    for (const stage of failed.stages) expect(stage).toMatchObject({ phase: "done", ok: false });
    expect(stageOf(failed, "devices").summary?.endpoints.map(({ state }) => state)).toEqual(["failed", "ok"]);
    for (const name of ["storage", "virtual-machines"])
      expect(stageOf(failed, name).summary?.endpoints.map(({ state }) => state)).toEqual(["blocked", "ok"]);
  });

  test("is replayed in every stage for that endpoint alone, and ends ok", async () => {
    expect(story.ended).toMatchObject({ phase: "done", ok: true, generation: 1 });
    for (const { stage, attempt, mode, summary } of story.ended.stages) {
      expect([stage, attempt, mode]).toEqual([stage, 2, "failed-only"]);
      const again = await resultsOf(story, stage, 2);
      expect(again.length).toBeGreaterThan(0);
      // Of the other endpoint there is nothing to do; that one of its addresses is also the first one's is told only now.
      const others = again.filter(({ endpoint }) => endpoint !== null && endpoint !== broken);
      expect(others.filter(({ counts: { skipped: _, ...done } }) => Object.values(done).some(Boolean))).toEqual([]);
      expect(summary?.endpoints.map(({ state }) => state)).toEqual(["ok", "ok"]);
    }
    const asked = Object.keys(story.scene.proxmox[1]?.counts() ?? {});
    expect(asked.filter((path) => path.endsWith("/config"))).toEqual([]);
    inLine(story);
  });

  test("keeps its first attempts readable, and was seen whole", async () => {
    for (const { stage, attempts } of story.ended.stages) {
      expect(attempts.map(({ attempt, ok }) => [attempt, ok])).toEqual([
        [1, false],
        [2, true],
      ]);
      const states = (await resultsOf(story, stage, 1)).map(({ state }) => state);
      expect(states).toContain(stage === "devices" ? "failed" : "blocked");
    }
    expect(story.followed).toEqual(await everyEvent(story));
  });
});
