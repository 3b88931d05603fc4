/** A VLAN that something is in: its number, and the site of what is in it; null: it is in none. */
export type VlanNeed = { site: number | null; vid: number };

/** A VLAN that has to be made. */
export type MissingVlan = { site: number; vid: number };

/** A VLAN that NetBox has. */
export type VlanRow = { id: number; vid: number; site: number | null; group: number | null; ours: boolean };

/** The key of a VLAN that is needed. */
export function vlanKey({ site, vid }: VlanNeed): string {
  return `${site}/${vid}`;
}

/**
 * Which VLAN of NetBox stands for each that is needed, and which have to be made; each once. Pure.
 * A VLAN of the site comes first, else the one that is global: neither site nor group. NetBox takes several of one
 * number; then ours is it, then the oldest, so that every run finds the same. What is in no site can only be in one that
 * is global, and such a one is the operator's to make.
 */
export function settleVlans(
  needs: readonly VlanNeed[],
  rows: readonly VlanRow[],
): { known: Map<string, number>; missing: MissingVlan[] } {
  const known = new Map<string, number>();
  const missing: MissingVlan[] = [];
  for (const [key, [need]] of Map.groupBy(needs, vlanKey)) {
    if (!need) continue;
    const numbered = rows.filter(({ vid }) => vid === need.vid);
    const atSite = numbered.filter(({ site }) => site !== null && site === need.site);
    const everywhere = numbered.filter(({ site, group }) => site === null && group === null);
    const [found] = (atSite.length > 0 ? atSite : everywhere).toSorted(
      (left, right) => Number(right.ours) - Number(left.ours) || left.id - right.id,
    );
    if (found) known.set(key, found.id);
    else if (need.site !== null) missing.push({ site: need.site, vid: need.vid });
  }
  return { known, missing };
}
