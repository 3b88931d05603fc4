import { parseInteger } from "./scalars.ts";

const largestVmid = 999_999_999;

/** The guests a job names, each once, in their order: `100,101`, `100`, 100 or [100, "101"]. What is no vmid is left out. */
export function parseVmids(value: unknown): number[] {
  const parts = Array.isArray(value) ? value : typeof value === "string" ? value.split(/[\s,;]+/) : [value];
  const vmids = parts.filter(isWhole).map(parseInteger);
  return [...new Set(vmids.filter((vmid) => vmid !== null && vmid >= 1 && vmid <= largestVmid))] as number[];
}

function isWhole(value: unknown): boolean {
  return typeof value === "number" ? Number.isInteger(value) : typeof value === "string" && /^\s*\d+\s*$/.test(value);
}
