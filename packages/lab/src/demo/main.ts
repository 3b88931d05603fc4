import { parseArgs } from "node:util";
import type { RunView } from "@proxbox/contracts/http";
import { buildEstate, demoSize } from "../proxmox/build-estate.ts";
import { type Scene, startScene } from "../scene.ts";
import { foldProgress, progressLine, type StageProgress } from "./progress.ts";
import { type RunSummary, summarise, summaryText } from "./summary.ts";

const usage = "Usage: npm run demo -- [--once] [--json] [--vms N] [--nodes N] [--seed S] [--http-port P]";

const code = await main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : String(error));
  return 1;
});
// Everything is closed; a request that the bus client still waits for must not keep the terminal for seconds.
process.exit(code);

async function main(): Promise<number> {
  const flags = readFlags();
  const say = flags.json
    ? (text: string) => void process.stderr.write(`${text}\n`)
    : (text: string) => console.log(text);
  const size = {
    ...demoSize,
    guests: flags.vms,
    nodes: flags.nodes,
    seed: flags.seed,
    clusters: Math.min(demoSize.clusters, flags.nodes),
  };
  say(
    `Building ${size.clusters} Proxmox endpoints with ${size.nodes} nodes and ${size.guests} guests, and a NetBox that is empty.`,
  );
  await using scene = await startScene({ estate: buildEstate(size), env: flags.port ? { PORT: flags.port } : {} });
  say(`The gateway listens at ${scene.gateway.url} (key: ${scene.gateway.key}).\n`);
  const runs: RunSummary[] = [];
  for (const title of ["First run: NetBox is empty", "Second run: nothing has changed"]) {
    say(`${title}.`);
    const summary = await runOnce(scene, flags.json ? null : process.stdout);
    runs.push(summary);
    say(`${summaryText(title, summary)}\n`);
  }
  if (!flags.once) await stayUp(scene, say);
  if (flags.json) console.log(JSON.stringify({ size, runs }));
  return runs.every((run) => run.ok) && runs[1]?.netbox.writes === 0 ? 0 : 1;
}

function readFlags() {
  const { values } = parseArgs({
    options: {
      once: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
      vms: { type: "string", default: String(demoSize.guests) },
      nodes: { type: "string", default: String(demoSize.nodes) },
      seed: { type: "string", default: String(demoSize.seed) },
      "http-port": { type: "string" },
    },
  });
  const whole = (name: "vms" | "nodes" | "seed", least: number) => {
    const number = Number(values[name]);
    if (!Number.isInteger(number) || number < least)
      throw new Error(`--${name} must be a whole number from ${least} on.\n${usage}`);
    return number;
  };
  // A run that is asked for one summary ends after its runs, or the line would never come.
  return {
    once: values.once || values.json,
    json: values.json,
    vms: whole("vms", 0),
    nodes: whole("nodes", 1),
    seed: whole("seed", 0),
    port: values["http-port"],
  };
}

/** Starts a run, shows its progress on the terminal and returns what it came to. */
async function runOnce(scene: Scene, terminal: NodeJS.WriteStream | null): Promise<RunSummary> {
  scene.netbox.resetCounts();
  const { id } = await scene.gateway.startRun();
  let stages: ReadonlyMap<string, StageProgress> = new Map();
  const view = createView(terminal);
  for await (const event of scene.gateway.events(id)) {
    if (event.event.startsWith("run.")) continue;
    stages = foldProgress(stages, event);
    view.show([...stages.values()]);
  }
  view.end([...stages.values()]);
  const run: RunView = await scene.gateway.finished(id);
  const { requests, writes } = scene.netbox.counts();
  return summarise(run, { requests, writes });
}

/** A line per stage: redrawn in place on a terminal, printed once when the stage is over elsewhere. */
function createView(terminal: NodeJS.WriteStream | null) {
  let drawn = 0;
  const printed = new Set<string>();
  const show = (stages: StageProgress[]) => {
    if (!terminal) return;
    const lines = stages.map((stage) => progressLine(stage, Date.now()));
    if (terminal.isTTY) {
      terminal.write(`${drawn > 0 ? `\u001b[${drawn}A` : ""}${lines.map((line) => `\u001b[2K${line}\n`).join("")}`);
      drawn = lines.length;
      return;
    }
    for (const [index, stage] of stages.entries()) {
      if (stage.ended === null || printed.has(stage.stage)) continue;
      printed.add(stage.stage);
      terminal.write(`${lines[index]}\n`);
    }
  };
  return { show, end: show };
}

async function stayUp(scene: Scene, say: (text: string) => void): Promise<void> {
  say(
    `Both runs are done. NetBox is simulated at ${scene.netbox.url}; try: curl -H 'X-Proxbox-API-Key: ${scene.gateway.key}' ${scene.gateway.url}/runs`,
  );
  say("Ctrl-C ends it.");
  const { promise, resolve } = Promise.withResolvers<void>();
  process.once("SIGINT", () => resolve());
  process.once("SIGTERM", () => resolve());
  await promise;
}
