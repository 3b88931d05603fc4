/** An interface of NetBox: of a virtual machine or of a device. */
export type Place = { type: "virtualization.vminterface" | "dcim.interface"; id: number };

/** An address that an interface has, as its source says. */
export type Claim = {
  /** Canonical, with its prefix, and without. */
  address: string;
  host: string;
  at: Place;
  /** What the interface belongs to, e.g. `virtual-machine/12`. */
  owner: string;
  /** For reports, e.g. `web (vmid 100) net0`. */
  label: string;
};

/** An address of NetBox. */
export type AddressRow = {
  id: number;
  address: string;
  host: string;
  /** Whether it is in the global table: in no VRF. */
  global: boolean;
  /** The object it is assigned to, of whatever type; null: none. */
  at: { type: string; id: number } | null;
  /** What that belongs to, as in `Claim`, and for reports; null where it is no interface. */
  owner: string | null;
  label: string;
  /** Whether it carries our tag. */
  ours: boolean;
  /** Whether it holds nothing that only a person can have written. */
  plain: boolean;
};

/**
 * What is known of the interface a row is on. `answered`: its source said which addresses it has, and they are all among
 * the claims. `gone`: it is proven that what it belongs to exists no more. `unknown`: neither.
 */
export type Knowledge = "answered" | "gone" | "unknown";

/**
 * What is to be done for a claim. `keep`: the row is on its interface already (perhaps with another prefix). `adopt`: the
 * row is on none. `move`: the row is ours, on an interface that has it no more. `conflict`: others have it, and keep it.
 */
export type Settled =
  | { claim: Claim; state: "keep" | "adopt" | "move"; row: AddressRow }
  | { claim: Claim; state: "create" }
  | { claim: Claim; state: "conflict"; holder: string };

/** What is to be done for every claim, in the order of the claims, and the rows of ours that nothing claims any more. */
export type Settlement = { settled: Settled[]; stale: AddressRow[] };

/**
 * Finds which row of NetBox stands for each address that interfaces have. Pure. Rows are the same when their hosts are,
 * whatever their prefix. Nobody is robbed: an address that belongs to something else is a conflict, and of several that
 * claim one address the present owner keeps it, else the first claim gets it. Settling the outcome changes nothing more.
 * @param claims the first of several has precedence; a second one for a host on the same interface is left out
 */
export function settleAddresses(
  claims: readonly Claim[],
  rows: readonly AddressRow[],
  knowledgeOf: (row: AddressRow) => Knowledge,
): Settlement {
  const distinct = Map.groupBy(claims, (claim) => placeKey(claim.at, claim.host));
  const wanted = [...distinct.values()].flatMap(([first]) => first ?? []);
  const byHost = Map.groupBy(rows, ({ host }) => host);
  const outcome = new Map<Claim, Settled>();
  for (const [host, rivals] of Map.groupBy(wanted, (claim) => claim.host)) {
    for (const settled of settleHost(rivals, byHost.get(host) ?? [], knowledgeOf)) outcome.set(settled.claim, settled);
  }
  const used = new Set([...outcome.values()].flatMap((settled) => ("row" in settled ? [settled.row.id] : [])));
  const stale = rows.filter(
    (row) =>
      row.ours &&
      row.at !== null &&
      !used.has(row.id) &&
      !distinct.has(placeKey(row.at, row.host)) &&
      knowledgeOf(row) === "answered",
  );
  return { settled: claims.flatMap((claim) => outcome.get(claim) ?? []), stale };
}

function settleHost(
  rivals: readonly Claim[],
  rows: readonly AddressRow[],
  knowledgeOf: (row: AddressRow) => Knowledge,
): Settled[] {
  const ordered = rows.toSorted(
    (left, right) =>
      Number(right.global) - Number(left.global) || Number(right.ours) - Number(left.ours) || left.id - right.id,
  );
  const owned = rivals.flatMap((claim): Settled[] => {
    const row = ordered.find(({ at }) => isAt(at, claim.at));
    return row ? [{ claim, state: "keep", row }] : [];
  });
  const first =
    owned[0]?.claim ?? rivals.find(({ owner }) => ordered.some((row) => row.ours && row.owner === owner)) ?? rivals[0];
  if (!first) return [];
  const settled = owned.length > 0 ? owned : [settleFirst(first, ordered, knowledgeOf)];
  const holder = settled[0]?.state === "conflict" ? settled[0].holder : first.label;
  const others = rivals.filter((claim) => !settled.some((entry) => entry.claim === claim));
  return [...settled, ...others.map((claim): Settled => ({ claim, state: "conflict", holder }))];
}

/** The claim with precedence, for an address that its interface does not have yet. */
function settleFirst(claim: Claim, rows: readonly AddressRow[], knowledgeOf: (row: AddressRow) => Knowledge): Settled {
  const sibling = rows.find((row) => row.ours && row.owner === claim.owner);
  if (sibling) return { claim, state: "move", row: sibling };
  // An address in a VRF is another address for everybody but its own machine.
  const candidates = rows.filter((row) => row.global);
  const free = candidates.find((row) => row.at === null);
  if (free) return { claim, state: "adopt", row: free };
  const left = candidates.find((row) => row.ours && knowledgeOf(row) !== "unknown");
  if (left) return { claim, state: "move", row: left };
  const [taken] = candidates;
  return taken ? { claim, state: "conflict", holder: taken.label } : { claim, state: "create" };
}

function isAt(at: AddressRow["at"], place: Place): boolean {
  return at !== null && at.type === place.type && at.id === place.id;
}

function placeKey(at: { type: string; id: number }, host: string): string {
  return `${at.type}/${at.id} ${host}`;
}

/** The family of an address without prefix. */
export function familyOf(host: string): 4 | 6 {
  return host.includes(":") ? 6 : 4;
}
