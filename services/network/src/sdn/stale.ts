import type { ObjectOutcome } from "@proxbox/contracts/messages";
import type { Desired } from "@proxbox/netbox/desired";
import { type KindName, kindOf } from "@proxbox/netbox/kinds";

/** A row that stands, or stood, for something of an endpoint's software-defined network. */
export type SdnRow = { kind: KindName; row: { id: number; status: unknown } & Record<string, unknown> };

/** What a row says whose object is gone. NetBox's own L2VPNs know no `stale`. */
const goneStatus = (kind: KindName) => (kind === "l2vpn" ? "decommissioning" : "stale");

/**
 * The rows of an endpoint that stand for nothing any more: they are marked, never deleted. Pure. Without proof that
 * Proxmox has no such thing they are left as they are, and told of.
 * @param desired what there is, of every kind among the rows
 * @param doubtOf why there may still be something; null: it is proven gone
 */
export function markStale(
  rows: readonly SdnRow[],
  desired: readonly Desired[],
  doubtOf: (row: SdnRow) => string | null,
): { stale: Desired[]; told: ObjectOutcome[] } {
  const present = new Set(desired.map(({ kind, identity }) => keyOf(kind, identity)));
  const gone = rows.filter(({ kind, row }) => !present.has(keyOf(kind, row)) && statusOf(row) !== goneStatus(kind));
  const stale: Desired[] = [];
  const told: ObjectOutcome[] = [];
  for (const one of gone) {
    const { kind, row } = one;
    const doubt = doubtOf(one);
    const label = namesOf(kind, row).join("/");
    const reason = `would be marked as gone, but ${doubt}`;
    if (doubt !== null) told.push({ kind, name: label, id: row.id, outcome: "skipped", reason });
    else stale.push({ kind, id: row.id, identity: {}, values: { status: goneStatus(kind) }, label });
  }
  return { stale, told };
}

function statusOf({ status }: SdnRow["row"]): unknown {
  return typeof status === "object" && status !== null ? (status as { value?: unknown }).value : status;
}

function keyOf(kind: KindName, fields: Readonly<Record<string, unknown>>): string {
  return JSON.stringify([kind, ...namesOf(kind, fields)]);
}

/** What tells an object from others of its endpoint. */
function namesOf(kind: KindName, fields: Readonly<Record<string, unknown>>): string[] {
  return Object.keys(kindOf(kind).identity).flatMap((field) =>
    field === "endpoint" ? [] : [String(fields[field] ?? "")],
  );
}

/** Why an object may still be there: we may not see all, or the vnet it belongs to could not be read. */
export function doubtOf(gaps: readonly string[], unread: readonly { vnet: string; reason: string }[]) {
  return ({ kind, row }: SdnRow): string | null => {
    const subnets = kind === "sdn-subnet" || (kind === "sdn-binding" && row.source_type === "subnet");
    const vnet = subnets ? unread.find((one) => one.vnet === row.vnet_name) : undefined;
    return gaps.join(" ") || vnet?.reason || null;
  };
}
