import type { ObjectOutcome } from "@proxbox/contracts/messages";
import type { StageName } from "@proxbox/contracts/stages";
import { nameOf } from "./machine-label.ts";
import { pageOf } from "./netbox-pages.ts";
import type { ResultData } from "./run-facts.ts";
import { stageWords } from "./stage-words.ts";

/** One object of a stage's list, in the form of the replaced program's answers. */
export type Listed = Record<string, unknown>;

/** The objects of stages whose answer is a list, as they come. */
export type ObjectLists = {
  take(stage: StageName, result: ResultData): void;
  of(stage: StageName): Listed[];
  /** Whether there were more than are kept. */
  isCut(stage: StageName): boolean;
};

/** How many objects of a stage are kept: an answer is one text, whatever the size of the estate. */
const mostListed = 1_000;

/** The stages whose answer is a list of objects; the others answer numbers. */
export const listStages: readonly StageName[] = [
  "devices",
  "storage",
  "virtual-machines",
  "vm-backups",
  "network-interfaces",
  "vm-interfaces",
  "ip-addresses",
];

/** Collects the objects that are in place, the first thousand of each stage. */
export function createLists(netboxUrl: string | null): ObjectLists {
  const lists = new Map<StageName, Listed[]>();
  const cut = new Set<StageName>();
  return {
    take: (stage, result) => {
      if (!listStages.includes(stage)) return;
      const list = lists.get(stage) ?? [];
      for (const object of result.objects) {
        const one = listed(stage, object, result.objects, netboxUrl);
        if (one && list.length < mostListed) list.push(one);
        else if (one) cut.add(stage);
      }
      lists.set(stage, list);
    },
    of: (stage) => lists.get(stage) ?? [],
    isCut: (stage) => cut.has(stage),
  };
}

const inPlace: readonly string[] = ["created", "updated", "unchanged"];

function listed(
  stage: StageName,
  object: ObjectOutcome,
  others: readonly ObjectOutcome[],
  netboxUrl: string | null,
): Listed | null {
  const { kind, id, outcome } = object;
  if (!stageWords[stage].kinds.includes(kind) || !inPlace.includes(outcome) || id === undefined) return null;
  const name = nameOf(object);
  const page = pageOf(netboxUrl, kind, id);
  const record = { id, name, display: name, ...(page ? { display_url: page } : {}) };
  if (stage === "vm-interfaces") return { id, mac_address: null, interface: record };
  if (stage === "ip-addresses") return { ip_id: id, address: addressOf(object) };
  if (stage !== "network-interfaces") return record;
  const address = others.find(({ kind, name: label }) => kind === "ip-address" && label.startsWith(`${name} `));
  return { ...record, ...(address?.id === undefined ? {} : { ip_id: address.id, ip_address: addressOf(address) }) };
}

/** The label of an address ends with it, behind what it belongs to. */
function addressOf({ name }: Pick<ObjectOutcome, "name">): string {
  return name.split(" ").at(-1) ?? name;
}
