import type { EstateGuest, EstateSnapshot } from "./estate.ts";
import type { Random } from "./random.ts";

/** The time estates are built around, in seconds since 1970: so that an estate is the same whenever it is built. */
export const estateTime = Date.UTC(2025, 5, 15, 12) / 1000;

/** Up to three snapshots of a guest, each grown from the one before. */
export function buildSnapshots(random: Random, cluster: number, type: EstateGuest["type"]): EstateSnapshot[] {
  const snapshots: EstateSnapshot[] = [];
  const count = random.pick([0, 0, 0, 1, 1, 2, 3]);
  for (let at = 0; at < count; at++) {
    const parent = snapshots.at(-1)?.name;
    snapshots.push({
      name: `${names[at]}${cluster > 0 ? `_${cluster + 1}` : ""}`,
      description: random.pick(descriptions),
      snaptime: estateTime - (count - at) * 86_400 - random.integer(0, 3600),
      ...(parent === undefined ? {} : { parent }),
      ...(type === "qemu" ? { vmstate: random.pick([0, 1]) } : {}),
    });
  }
  return snapshots;
}

const names = ["before-update", "Clean_Install", "x"] as const;

const descriptions = [
  "",
  "before the update\n",
  "Vor dem Wartungsfenster – Größe geprüft 📸\nzweite Zeile\n",
  `${"A description that goes on and on. ".repeat(20)}\n`,
] as const;
