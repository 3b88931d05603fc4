import type { RunOrder } from "@proxbox/contracts/http";
import { names } from "@proxbox/contracts/streams";
import { runToken } from "@proxbox/contracts/subjects";
import { kindNames, kindOf } from "@proxbox/netbox/kinds";
import { type Bus, connectBus } from "@proxbox/runtime/bus";
import { createLogger } from "@proxbox/runtime/log";
import type { SimulatedNetBox } from "../src/netbox/server.ts";
import type { Scene } from "../src/scene.ts";

/** Waits that let the work of a killed process be taken up soon: a request is still given up before its permit is. */
export const shortWaits = {
  PROXBOX_ITEM_ACK_WAIT_SECONDS: "2",
  PROXBOX_ORCHESTRATOR_ACK_WAIT_SECONDS: "2",
  PROXBOX_PERMIT_ACK_WAIT_SECONDS: "3",
  PROXBOX_NETBOX_TIMEOUT_SECONDS: "2",
};

/** Starts a run as soon as the gateway can be reached. */
export async function startRun({ gateway }: Scene, order: RunOrder = {}): Promise<string> {
  for (let tries = 0; ; tries += 1) {
    const ready = await fetch(`${gateway.url}/ready`).catch(() => null);
    if (ready?.ok) return (await gateway.startRun(order)).id;
    if (tries === 300) throw new Error("The gateway did not get ready within 30 s.");
    await Bun.sleep(100);
  }
}

/** A connection of the test's own to the scene's nats-server. */
export function busOf(scene: Scene): Promise<Bus> {
  const log = createLogger({ service: "test", replica: "test", level: "silent" });
  return connectBus({ servers: [scene.processes?.natsUrl ?? ""], name: "test" }, log);
}

/** Subjects of a run's facts and results under which more than one message is stored; progress is not a fact. */
export async function toldTwice(bus: Bus, run: string): Promise<string[]> {
  const filter = { subjects_filter: `proxbox.evt.${run}.>` };
  const { state } = await bus.attempt("Reading what was told", () => bus.jsm.streams.info(names.events, filter));
  const subjects = Object.entries(state.subjects ?? {}).filter(([subject]) => !subject.includes(".log."));
  if (!subjects.some(([subject]) => subject.startsWith(`proxbox.evt.${run}.${runToken}.`)))
    throw new Error(`The stream has no facts of run ${run}.`);
  return subjects.filter(([, count]) => count !== 1).map(([subject]) => subject);
}

/** What says nothing about an object: when it was written, and ids and ports, which differ from one NetBox to another. */
const times = ["created", "last_updated", "last_synced"];
const places = [
  "id",
  "url",
  "display_url",
  "port",
  "object_id",
  "scope_id",
  "assigned_object_id",
  "proxbox_storage_id",
  "proxbox_bridge_id",
];
const passing = new Set([...times, ...places]);

/** What tells of runs and not of the estate: an entry names its run. */
const told = new Set<string>(["journal-entry"]);

/** Everything NetBox holds of what runs write, one text per object, without what differs from one NetBox to another. */
function objectsIn(netbox: SimulatedNetBox): string[] {
  const shown = (row: unknown) =>
    JSON.stringify(row, (key, value) => (passing.has(key) ? undefined : value)).replaceAll(/127\.0\.0\.1:\d+/g, "host");
  const kinds = kindNames.filter((kind) => !told.has(kind));
  return kinds.flatMap((kind) => netbox.rows(kindOf(kind).path).map((row) => `${kind} ${shown(row)}`));
}

/** Objects that only one of two NetBoxes holds, or one more often than the other; the first five. */
export function differencesOf(left: SimulatedNetBox, right: SimulatedNetBox): string[] {
  const counts = new Map<string, number>();
  for (const object of objectsIn(left)) counts.set(object, (counts.get(object) ?? 0) + 1);
  for (const object of objectsIn(right)) counts.set(object, (counts.get(object) ?? 0) - 1);
  const different = [...counts].filter(([, count]) => count !== 0);
  return different.slice(0, 5).map(([object, count]) => `${count > 0 ? "+" : ""}${count} ${object}`);
}
