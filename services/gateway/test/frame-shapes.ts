import type { PluginFrame } from "../src/plugin/frames/frame.ts";

/** What a member of a frame may be: types by their names in JSON, `integer`, the name of a shape, or one of some words. */
type Member = string | readonly string[];

/** A shape: its members in order; a name that ends in `?` may be left out, and is never null then. */
type Shape = Readonly<Record<string, Member>>;

/**
 * The frames of the replaced program 0.0.19.post5, as its streams carry them and plugin 0.0.24 to 0.0.29.post6 mirror them in
 * their schemas: members, their order, and their types.
 */
const shapes: Readonly<Record<string, Shape>> = {
  bootstrap_done: {
    ok: "boolean",
    skipped: "boolean",
    reason: "string|null",
    warnings: "array",
    created: "array",
    patched: "array",
    unchanged: "array",
  },
  step: {
    step: "string",
    status: ["started", "progress", "completed", "failed"],
    message: "string",
    "result?": "object",
    "duration_seconds?": "number",
  },
  "step of an object": {
    step: "string",
    status: ["progress", "completed", "failed"],
    message: "string",
    rowid: "string|null",
    payload: "object",
  },
  discovery: {
    event: ["discovery"],
    phase: "string",
    status: ["discovered"],
    message: "string",
    count: "integer",
    items: "array",
    progress: "progress",
    "metadata?": "object",
  },
  substep: {
    event: ["substep"],
    phase: "string",
    substep: "string",
    status: ["started", "processing", "completed", "failed", "skipped"],
    message: "string",
    "item?": "item",
    "timing?": "timing",
    "result?": "object",
  },
  item_progress: {
    event: ["item_progress"],
    phase: "string",
    status: ["processing", "completed", "failed", "skipped", "warning"],
    message: "string",
    item: "item",
    operation: ["created", "updated", "deleted", "would_delete", "skipped", "failed"],
    progress: "progress",
    "timing?": "timing",
    "error?": "string",
    "warning?": "string",
  },
  phase_summary: {
    event: ["phase_summary"],
    phase: "string",
    status: ["completed", "completed_with_errors"],
    message: "string",
    result: "numbers",
  },
  error_detail: {
    event: ["error_detail"],
    "phase?": "string",
    "item?": "item",
    category: [
      "connection",
      "authentication",
      "permission",
      "validation",
      "not_found",
      "timeout",
      "rate_limit",
      "internal",
      "unknown",
    ],
    message: "string",
    "detail?": "string",
    "suggestion?": "string",
  },
  duplicate_name_resolved: {
    event: ["duplicate_name_resolved"],
    cluster: "string",
    original_name: "string",
    resolved_name: "string",
    vmid: "integer",
    suffix_index: "integer",
    operator_renamed: "boolean",
  },
  error: { step: "string", status: ["failed"], error: "string", detail: "string|object|null" },
  "complete, well": { ok: "boolean", message: "string", result: "object" },
  "complete, failed": { ok: "boolean", message: "string", errors: "errors" },
  item: {
    name: "string",
    "netbox_id?": "integer",
    "netbox_url?": "string",
    "item_type?": "string",
    "extra?": "object",
  },
  progress: { current: "integer", total: "integer", percent: "number" },
  timing: { elapsed_ms: "integer" },
  numbers: {
    created: "integer",
    updated: "integer",
    deleted: "integer",
    failed: "integer",
    skipped: "integer",
    total: "integer",
  },
};

/** What is wrong with the shape of a frame, a line for each fault; none: it is as its readers know it. */
export function shapeFaults({ event, data }: PluginFrame): string[] {
  if (event === "step") return faultsOf("rowid" in data ? "step of an object" : "step", data);
  if (event === "complete") return faultsOf(data.ok === false ? "complete, failed" : "complete, well", data);
  return event in shapes ? faultsOf(event, data) : [`${event}: no such frame`];
}

function faultsOf(name: string, value: Record<string, unknown>): string[] {
  const shape = shapes[name] ?? {};
  const members = Object.entries(shape).map(([key, member]) => ({
    key: key.replace(/\?$/, ""),
    optional: key.endsWith("?"),
    member,
  }));
  const present = Object.keys(value).filter((key) => value[key] !== undefined);
  const expected = members.filter(({ key, optional }) => !optional || present.includes(key)).map(({ key }) => key);
  const order = expected.join() === present.join() ? [] : [`${name}: has ${present.join()}, not ${expected.join()}`];
  const wrong = members
    .filter(({ key }) => present.includes(key))
    .flatMap(({ key, member }) => memberFaults(`${name}.${key}`, member, value[key]));
  return [...order, ...wrong];
}

function memberFaults(at: string, member: Member, value: unknown): string[] {
  if (typeof member !== "string") return member.includes(String(value)) ? [] : [`${at}: ${value} is none of ${member}`];
  if (member in shapes) return isObject(value) ? faultsOf(member, value) : [`${at}: is no object`];
  if (member === "errors") {
    const isGood = Array.isArray(value) && value.length > 0 && value.every((one) => isObject(one) && "detail" in one);
    return isGood ? [] : [`${at}: is no list of objects with a detail`];
  }
  return member.split("|").some((type) => isOf(type, value)) ? [] : [`${at}: ${JSON.stringify(value)} is no ${member}`];
}

function isOf(type: string, value: unknown): boolean {
  if (type === "null") return value === null;
  if (type === "array") return Array.isArray(value);
  if (type === "integer") return Number.isSafeInteger(value);
  if (type === "number") return typeof value === "number" && Number.isFinite(value);
  return type === "object" ? isObject(value) : typeof value === type;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
