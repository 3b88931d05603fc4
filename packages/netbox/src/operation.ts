import type { ObjectOutcome } from "@proxbox/contracts/messages";
import { type FieldChange, isPending, type Pending } from "./diff.ts";
import type { KindName } from "./kinds.ts";

/** One write of one object. Plain JSON; `body` may hold `Pending` for the id of an object made earlier in the plan. */
export type Operation = {
  /** `park`: takes a temporary name, because two objects swap theirs. */
  op: "delete" | "create" | "update" | "park";
  kind: KindName;
  /** Position of its desired object. */
  index: number;
  key: string;
  /** Null for an object that is made, by this operation or, see `completes`, by an earlier one. */
  id: number | null;
  /** The object made earlier in the plan that this completes. */
  completes?: Pending;
  label: string;
  /** Rows of one request are sorted by this, then by the name. */
  parent: string;
  changes: FieldChange[];
  body: Record<string, unknown>;
};

/** Operations that may go into the same requests. */
export type Step = { kind: KindName; op: Operation["op"]; operations: Operation[] };

/** What would be written in which order, and what became of the objects that need no write. Printable JSON. */
export type Plan = { steps: Step[]; settled: { index: number; id: number | null; outcome: ObjectOutcome }[] };

/** Every id in a body that is still to come. */
export function pendingsOf(body: Readonly<Record<string, unknown>>): Pending[] {
  return Object.values(body).flat().filter(isPending);
}
