import { readFile } from "node:fs/promises";

/** What a process has used since it began. */
export type Usage = { cpuMs: number; peakRssMb: number };

/** Said in a figure's place where the machine does not tell it. */
export const noProc = "not measured: this machine has no /proc";

// Linux counts CPU time in hundredths of a second, whatever its kernel ticks (USER_HZ).
const msPerTick = 10;

/** CPU time and peak memory (VmHWM) of a living process; null on a machine without /proc. */
export async function usageOf(pid: number): Promise<Usage | null> {
  const read = (file: string) => readFile(`/proc/${pid}/${file}`, "utf8").catch(() => null);
  const [stat, status] = await Promise.all([read("stat"), read("status")]);
  if (stat === null || status === null) return null;
  // The second field is the program's name in parentheses, in which anything may stand.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const ticks = Number(fields[11]) + Number(fields[12]);
  const kilobytes = Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1]);
  return { cpuMs: ticks * msPerTick, peakRssMb: Math.round((kilobytes / 1024) * 10) / 10 };
}

/** CPU time of living processes together; null on a machine without /proc. */
export async function cpuMsOf(pids: readonly number[]): Promise<number | null> {
  const usages = await Promise.all(pids.map(usageOf));
  return usages.reduce<number | null>((sum, usage) => (sum === null || !usage ? null : sum + usage.cpuMs), 0);
}
