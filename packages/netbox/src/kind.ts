import type { PermitResource } from "@proxbox/contracts/subjects";

/** How the values of a field compare and travel; see `canonical`. */
export type Form =
  | "text"
  | "integer"
  | "decimal"
  | "float"
  | "boolean"
  | "choice"
  | "instant"
  | "color"
  | "address"
  | "cidr"
  | "network"
  | "mac"
  | "json"
  | "reference"
  | "references";

/** One field of a kind. */
export type Field = {
  form: Form;
  /** Whether NetBox takes null. Text that may not be null is cleared with "". */
  nullable: boolean;
  /** Longest text, in characters; longer ones are cut. */
  limit?: number;
  /** Decimal places NetBox keeps. */
  places?: number;
  /** The kinds a reference may point to; left out: kinds that are never written. */
  to?: readonly string[];
  /** Of JSON: what is sent for nothing. Default: `{}`. */
  nothing?: readonly never[];
  /** The value counts only where another field has this one: a scope's id means a site only in a site scope. */
  when?: readonly [field: string, value: string];
  /** The first NetBox release that has it. */
  since?: readonly [major: number, minor: number];
};

/** A kind of NetBox object as data: everything the engine has to know about it. */
export type Kind = {
  /** Below /api/, without slashes at the ends. */
  path: string;
  /**
   * The kind whose objects it completes, at the same path and with the same identity: fields that can only be written once
   * what they refer to is there, an interface's primary MAC address say. It never makes an object.
   */
  completes?: string;
  /** For sentences. */
  label: string;
  /** Application and model, as NetBox's permissions name it. */
  model: string;
  /** What tells one object from another, and the filter that finds rows by it; null: compared, not asked for. */
  identity: Readonly<Record<string, string | null>>;
  /** Identity fields whose filter takes one value only; of several, NetBox 4.6.8 obeys the last without a word. */
  single?: readonly string[];
  /** Identity fields that NetBox compares without regard to case. */
  caseless?: readonly string[];
  /** A second field that has to be unique: a row found by it is the same object. Compared without regard to case. */
  otherwise?: { field: string; filter: string };
  fields: Readonly<Record<string, Field>>;
  tagged: boolean;
  /** `tagged`: a row found by its identity is only ours to write when it carries the tag `proxbox`. */
  adopt?: "tagged";
  /** Fields NetBox wants unique together and that may change, so that one row's old value can be another's new one. */
  unique?: readonly string[];
  /** The text field, part of `unique`, that can hold a temporary value while two rows swap theirs. */
  parkable?: string;
  /** Fields that have to be sent together. */
  together?: readonly (readonly string[])[];
  /** Fields that have to be cleared in the same request when another one changes and they are not set with it. */
  resets?: Readonly<Record<string, readonly string[]>>;
  /** Fields that NetBox computes itself as soon as a counter is above zero. */
  counted?: Readonly<Record<string, string>>;
  /** The first NetBox release that has it. */
  since?: readonly [major: number, minor: number];
  /** The permit that writes need. Default: netbox. */
  writes?: PermitResource;
};

/** Text that is cleared with "". */
export const text = (limit?: number): Field => ({ form: "text", nullable: false, ...(limit ? { limit } : {}) });
/** Text that is cleared with null. */
export const optionalText = (limit?: number): Field => ({ ...text(limit), nullable: true });
/** A whole number. */
export const integer: Field = { form: "integer", nullable: true };
/** A number with so many decimal places. */
export const decimal = (places: number): Field => ({ form: "decimal", nullable: true, places });
/** A number as it comes. */
export const float: Field = { form: "float", nullable: true };
/** True or false. */
export const boolean: Field = { form: "boolean", nullable: false };
/** True, false or not known. */
export const optionalBoolean: Field = { form: "boolean", nullable: true };
/** One of NetBox's choices, by its value. */
export const choice: Field = { form: "choice", nullable: true };
/** A colour as six hex digits. */
export const color: Field = { form: "color", nullable: false };
/** An IP address without a mask. */
export const address: Field = { form: "address", nullable: false };
/** An IP address with its mask; without one it is that address alone. */
export const cidr: Field = { form: "cidr", nullable: false };
/** A network, whose address has no bits beyond its mask. */
export const network: Field = { form: "network", nullable: false };
/** A MAC address. */
export const mac: Field = { form: "mac", nullable: false };
/** An instant, as anything Date understands. */
export const instant: Field = { form: "instant", nullable: true };
/** Any JSON; nothing is `{}`. */
export const json: Field = { form: "json", nullable: false };
/** A JSON list; nothing is `[]`. */
export const jsonList: Field = { form: "json", nullable: false, nothing: [] };
/** Another object, of one of these kinds. */
export const reference = (...to: readonly string[]): Field => ({
  form: "reference",
  nullable: true,
  ...(to.length > 0 ? { to } : {}),
});
/** A set of other objects, in no order. */
export const references = (...to: readonly string[]): Field => ({ form: "references", nullable: false, to });
