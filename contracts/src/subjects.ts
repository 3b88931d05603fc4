import type { Domain } from "./stages.ts";

const tokenPattern = /^[A-Za-z0-9_-]{1,64}$/;

/** Whether a text may stand between two dots of a subject: 1 to 64 of `A-Z a-z 0-9 _ -`. */
export function isToken(text: string): boolean {
  return tokenPattern.test(text);
}

/** The facts a stage tells about itself; each is published at most once per attempt. */
export const stageFacts = [
  "commanded",
  "manifest",
  "started",
  "done",
  "failed",
  "cancelled",
  "blocked",
  "replay",
] as const;
export type StageFact = (typeof stageFacts)[number];

/** The facts about a run; each is published at most once per generation (a replay opens the next generation). */
export const runFacts = ["created", "running", "cancelling", "done", "failed", "cancelled"] as const;
export type RunFact = (typeof runFacts)[number];

/** Things that are limited by permits. `netbox-address` is the writes under NetBox's global address lock. */
export const permitResources = ["netbox", "netbox-address"] as const;
export type PermitResource = (typeof permitResources)[number];

/** The run's own events stand under this token where stage events have the stage's name. */
export const runToken = "_";

/** Where the command for one attempt of a stage is stored. */
export function commandSubject(domain: Domain, run: string, stage: string, attempt: number): string {
  return join("proxbox.cmd", domain, run, stage, attempt);
}

/** Where one item of work of one attempt is queued. */
export function itemSubject(domain: Domain, run: string, stage: string, attempt: number, key: string): string {
  return join("proxbox.item", domain, run, stage, attempt, key);
}

/** Where the one result of an item is stored. */
export function resultSubject(run: string, stage: string, attempt: number, key: string): string {
  return join("proxbox.evt", run, stage, attempt, "done", key);
}

/** Where a fact about a stage's attempt is stored. */
export function stageEventSubject(run: string, stage: string, attempt: number, fact: StageFact): string {
  return join("proxbox.evt", run, stage, attempt, "stage", fact);
}

/** Where best-effort progress of a replica is stored. */
export function progressSubject(run: string, stage: string, attempt: number, replica: string): string {
  return join("proxbox.evt", run, stage, attempt, "log", replica);
}

/** Where a fact about a run is stored; `generation` counts the replays that reopened it, from 0. */
export function runEventSubject(run: string, generation: number, fact: RunFact): string {
  return join("proxbox.evt", run, runToken, generation, "run", fact);
}

/** Where anonymous permits are queued. */
export function permitSubject(resource: PermitResource): string {
  return join("proxbox.sem", resource);
}

/** Where the log lines of a service are stored. */
export function logSubject(service: string): string {
  return join("proxbox.log", service);
}

/** Where samples of NetBox requests are told (core NATS, not stored). */
export function throttleSubject(resource: PermitResource): string {
  return join("proxbox.throttle", resource);
}

/** Where a cancellation is told at once (core NATS; the flag in the run bucket is the truth). */
export function cancelSubject(run: string): string {
  return join("proxbox.ctl.cancel", run);
}

/** Filters for consumers and readers: all single, as nats-server 2.9 needs. */
export const filters = {
  commandsOf: (domain: Domain) => `proxbox.cmd.${domain}.>`,
  itemsOf: (domain: Domain) => `proxbox.item.${domain}.>`,
  stageFacts: "proxbox.evt.*.*.*.stage.*",
  runFacts: "proxbox.evt.*.*.*.run.*",
  stageFactsOf: (run: string) => `proxbox.evt.${run}.*.*.stage.*`,
  runFactsOf: (run: string) => `proxbox.evt.${run}.${runToken}.*.run.*`,
  resultsOf: (run: string, stage: string, attempt: number) => `proxbox.evt.${run}.${stage}.${attempt}.done.*`,
  allOf: (run: string) => `proxbox.evt.${run}.>`,
  cancellations: "proxbox.ctl.cancel.*",
  logs: "proxbox.log.*",
} as const;

/** What an event's subject says about it. */
export type EventAddress =
  | { type: "run"; run: string; generation: number; fact: RunFact }
  | { type: "stage"; run: string; stage: string; attempt: number; fact: StageFact }
  | { type: "result"; run: string; stage: string; attempt: number; key: string }
  | { type: "progress"; run: string; stage: string; attempt: number; replica: string };

/** Reads the subject of a stored event; null for a subject that is none of ours. */
export function parseEventSubject(subject: string): EventAddress | null {
  const [prefix, kind, run, stage, count, group, last, ...rest] = subject.split(".");
  const number = Number(count);
  if (prefix !== "proxbox" || kind !== "evt" || !run || !stage || !last || rest.length > 0) return null;
  if (!Number.isInteger(number) || number < 0) return null;
  if (group === "run" && stage === runToken && isOneOf(runFacts, last)) {
    return { type: "run", run, generation: number, fact: last };
  }
  if (group === "stage" && isOneOf(stageFacts, last)) return { type: "stage", run, stage, attempt: number, fact: last };
  if (group === "done") return { type: "result", run, stage, attempt: number, key: last };
  if (group === "log") return { type: "progress", run, stage, attempt: number, replica: last };
  return null;
}

function isOneOf<T extends string>(list: readonly T[], text: string): text is T {
  return list.some((entry) => entry === text);
}

function join(prefix: string, ...tokens: (string | number)[]): string {
  for (const token of tokens) {
    if (!isToken(String(token))) {
      throw new RangeError(`"${token}" cannot be part of a subject: use 1 to 64 letters, digits, "_" or "-".`);
    }
  }
  return [prefix, ...tokens].join(".");
}
