import type { ObjectOutcome } from "@proxbox/contracts/messages";
import { judgeRemovals } from "@proxbox/netbox/removals";
import { type Release, releaseOf } from "../addresses/release.ts";
import type { AddressRow, Knowledge, Settlement } from "../addresses/settle.ts";

/** The addresses that leave their interfaces, and what is told of those that may not. */
export type Releases = { releases: Release[]; kept: ObjectOutcome[] };

/**
 * What has to leave its interface before the rest is written: addresses that go to another one, and those of ours that
 * nothing claims any more, as far as they may be deleted. Each endpoint is judged by itself. Addresses come and go with
 * guests that tell of them, so there is no cap. Pure.
 * @param endpointOf the endpoint that an address's machine is of
 */
export function judgeReleases(
  { settled, stale }: Settlement,
  rows: readonly AddressRow[],
  knowledge: (row: AddressRow) => Knowledge,
  endpointOf: (owner: string) => number | undefined,
): Releases {
  const releases = settled.flatMap((entry): Release[] =>
    entry.state === "move" ? [{ row: entry.row, to: { kind: "vm-interface", id: entry.claim.at.id } }] : [],
  );
  const kept: ObjectOutcome[] = [];
  const endpoint = ({ owner }: AddressRow) => (owner === null ? undefined : endpointOf(owner));
  for (const [id, lost] of Map.groupBy(stale, endpoint)) {
    const known = rows.filter((row) => row.ours && endpoint(row) === id && knowledge(row) === "answered").length;
    const candidates = lost.map((row) => ({
      kind: "ip-address" as const,
      id: row.id,
      label: `${row.label} ${row.address}`,
      ours: row.ours,
    }));
    const verdict = judgeRemovals(candidates, { doubt: null, known });
    const going = new Set(verdict.gone.map((gone) => gone.id));
    releases.push(...lost.filter((row) => going.has(row.id)).map(releaseOf));
    kept.push(...verdict.kept);
  }
  return { releases, kept };
}
