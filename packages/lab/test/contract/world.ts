import { expect } from "bun:test";
import { type Answer, ask } from "../../src/plugin/backend.ts";
import { runJob } from "../../src/plugin/job.ts";
import { buildEstate } from "../../src/proxmox/build-estate.ts";
import * as change from "../../src/proxmox/change.ts";
import type { EstateGuest } from "../../src/proxmox/estate.ts";
import { type PluginScene, startPluginScene } from "../plugin-scene.ts";
import { findRow } from "../seen.ts";
import type { CallName } from "./rows.ts";

/** What a contract is held against: everything running, after one job of the plugin, and what was asked before it. */
export type ContractWorld = PluginScene & {
  /** Answers of a backend that nobody had told anything. */
  readonly fresh: Record<"root" | "health" | "bootstrap" | "shortKey", Answer>;
  /** Answers of a backend that knows its key and no endpoint, by path. */
  readonly empty: Record<string, Answer>;
  /** The backend's id of the cluster's endpoint and of the standalone one. */
  readonly ids: readonly [number, number];
  /** A virtual machine, a container and a template of the first endpoint, which is a cluster. */
  readonly guests: Record<"qemu" | "lxc" | "template", EstateGuest>;
  /** The NetBox id of that virtual machine. */
  readonly machineId: number;
};

/** What a check asks. */
export type Check = (world: ContractWorld) => Promise<void>;

/** Checks by the call they hold. */
export type Checks = Partial<Record<CallName, Check>>;

/** Starts two endpoints, lets a job put them in place. */
export async function startContractWorld(): Promise<ContractWorld> {
  const estate = buildEstate({ seed: 7, clusters: 2, nodes: 4, guests: 20 });
  const [cluster] = estate.clusters;
  const all = [...(cluster?.guests.values() ?? [])];
  const qemu = all.find(({ type }) => type === "qemu");
  const lxc = all.find(({ type }) => type === "lxc");
  const template = all.findLast(({ type }) => type === "qemu");
  if (!cluster || !qemu || !lxc || !template) throw new Error("The estate has not every type of guest.");
  change.configure(cluster, template.vmid, { template: 1 });
  template.template = true;
  const fresh: Partial<ContractWorld["fresh"]> = {};
  const world = await startPluginScene("0.0.29.post6", {
    estate,
    before: async (backend) => {
      const open = { open: true };
      fresh.root = await ask(backend, "GET", "/", open);
      fresh.health = await ask(backend, "GET", "/health", open);
      fresh.bootstrap = await ask(backend, "GET", "/auth/bootstrap-status", open);
      const body = { api_key: "x".repeat(31), label: "short" };
      fresh.shortKey = await ask(backend, "POST", "/auth/register-key", { open: true, body });
    },
  });
  const empty: Record<string, Answer> = {};
  for (const path of ["/netbox/endpoint", "/proxmox/endpoints", "/proxmox/cluster/status", "/proxmox/nodes/"])
    empty[path] = await world.ask("GET", path);
  await runJob(world.plugin);
  const [first, second] = await Promise.all(world.plugin.endpoints.map(world.plugin.push.resolve));
  const key = `${cluster.endpoint}/qemu/${qemu.vmid}`;
  return {
    ...world,
    fresh: fresh as ContractWorld["fresh"],
    empty,
    ids: [Number(first), Number(second)],
    guests: { qemu, lxc, template },
    machineId: findRow(world.scene.netbox, "virtualization/virtual-machines", key).id,
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  };
}

/** A type that a field may have: its word, with `?` behind it where null is allowed. */
type FieldType = "text" | "integer" | "number" | "boolean" | "list" | "object" | "true";

/** Expects an object whose fields are there and have these types; other fields may be there too. */
export function expectFields(value: unknown, fields: Record<string, FieldType | `${FieldType}?`>): void {
  expect(value).toBeObject();
  const found = Object.fromEntries(
    Object.entries(fields).map(([name, type]) => [name, typeNamed((value as Record<string, unknown>)[name], type)]),
  );
  expect(found).toEqual(fields);
}

function typeNamed(value: unknown, wanted: string): string {
  if (value === undefined) return "absent";
  if (value === null) return wanted.endsWith("?") ? wanted : "null";
  const word = wanted.replace("?", "");
  return tests[word as FieldType](value) ? wanted : JSON.stringify(value).slice(0, 80);
}

const tests: Record<FieldType, (value: unknown) => boolean> = {
  text: (value) => typeof value === "string",
  integer: (value) => typeof value === "number" && Number.isInteger(value),
  number: (value) => typeof value === "number",
  boolean: (value) => typeof value === "boolean",
  list: Array.isArray,
  object: (value) => typeof value === "object" && !Array.isArray(value),
  true: (value) => value === true,
};

/** The parsed body of a call that was answered with 200. */
export function bodyOf<T = Record<string, unknown>>({ status, json, text }: Answer): T {
  expect({ status, text: status === 200 ? "" : text }).toEqual({ status: 200, text: "" });
  return json as T;
}

/** A list that was answered with 200 and is not empty. */
export function listOf(answer: Answer): Record<string, unknown>[] {
  const list = bodyOf<Record<string, unknown>[]>(answer);
  expect(list).toBeArray();
  expect(list.length).toBeGreaterThan(0);
  return list;
}

/** A list under a key, which may be empty. */
export function listIn(value: Record<string, unknown> | undefined, key: string): unknown[] {
  const list = value?.[key];
  expect(list).toBeArray();
  return list as unknown[];
}

/** The plugin's way to mean endpoints in most reads. */
export function scope(...ids: readonly number[]): Record<string, string> {
  return { source: "database", proxmox_endpoint_ids: ids.join(",") };
}
