import { type Static, Type } from "@sinclair/typebox";

/**
 * A failure as it crosses a process boundary: what failed, on which object, why, what to do next, and whether a retry
 * can help. Never a stack, never a secret.
 */
export const WireError = Type.Object(
  {
    code: Type.String({ description: "Stable name of the failure, e.g. proxmox_unreachable." }),
    message: Type.String({ description: "One sentence for a person." }),
    retryable: Type.Boolean({ description: "Whether the same attempt can succeed later without a change." }),
    object: Type.Optional(Type.String({ description: "What it happened to, e.g. virtual machine web (vmid 100)." })),
    field: Type.Optional(Type.String({ description: "The field at fault." })),
    cause: Type.Optional(Type.String({ description: "The underlying message, as the other side gave it." })),
    next: Type.Optional(Type.String({ description: "What a person can do about it." })),
  },
  { $id: "WireError", additionalProperties: false },
);
export type WireError = Static<typeof WireError>;

/** A message that does not have the shape its contract promises. Never worth a retry. */
export class ContractError extends Error {
  override readonly name = "ContractError";
  readonly code = "contract_violation";
  readonly retryable = false;
  /** JSON pointer to the first field at fault. */
  readonly field: string;

  constructor(message: string, field: string) {
    super(message);
    this.field = field;
  }
}
