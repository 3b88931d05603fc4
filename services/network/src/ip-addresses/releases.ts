import type { ObjectOutcome } from "@proxbox/contracts/messages";
import { judgeRemovals } from "@proxbox/netbox/removals";
import { type Release, releaseOf } from "../addresses/release.ts";
import type { AddressRow, Settlement } from "../addresses/settle.ts";

/** The addresses that leave their interfaces, and what is told of those that may not. */
export type Releases = { releases: Release[]; kept: ObjectOutcome[] };

/**
 * What has to leave its interface before the rest is written: addresses that go to another one, and those of ours that
 * nothing claims any more. A guest that tells of other addresses proves by itself that it has lost the rest. One that
 * tells of none may only be cut off: when that is most of an endpoint, its addresses stay. Addresses come and go with
 * guests that tell of them, so there is no cap. The verdict is the same once all else is carried out. Pure.
 * @param endpointOf the endpoint that an address's machine is of
 */
export function judgeReleases(
  { settled, stale }: Settlement,
  endpointOf: (owner: string) => number | undefined,
): Releases {
  const releases = settled.flatMap((entry): Release[] =>
    entry.state === "move" ? [{ row: entry.row, to: { kind: "vm-interface", id: entry.claim.at.id } }] : [],
  );
  const claims = settled.map(({ claim }) => claim);
  const telling = new Set(claims.map(({ owner }) => owner));
  const isProven = ({ owner }: AddressRow) => owner !== null && telling.has(owner);
  releases.push(...stale.filter(isProven).map(releaseOf));
  const kept: ObjectOutcome[] = [];
  const silent = stale.filter((row) => !isProven(row));
  for (const [id, lost] of Map.groupBy(silent, ({ owner }) => (owner === null ? undefined : endpointOf(owner)))) {
    const candidates = lost.map((row) => ({
      kind: "ip-address" as const,
      id: row.id,
      label: `${row.label} ${row.address}`,
      ours: row.ours,
    }));
    const known = lost.length + claims.filter(({ owner }) => endpointOf(owner) === id).length;
    const verdict = judgeRemovals(candidates, { doubt: null, known });
    const going = new Set(verdict.gone.map((gone) => gone.id));
    releases.push(...lost.filter((row) => going.has(row.id)).map(releaseOf));
    kept.push(...verdict.kept);
  }
  return { releases, kept };
}
