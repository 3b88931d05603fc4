/** Fields of a virtual machine that a note may set, each to the id of a NetBox object. */
export const metadataKeys = [
  "site",
  "device",
  "role",
  "cluster",
  "virtual_machine_type",
  "platform",
  "tenant",
] as const;
export type MetadataKey = (typeof metadataKeys)[number];

/** What a note says to NetBox, and the note without it. */
export type Metadata = {
  values: Partial<Record<MetadataKey, number>>;
  /** One sentence for everything in the block that was not taken. */
  faults: string[];
  /** The note without any metadata block, trimmed. */
  note: string;
};

const fence = /^[ \t]*```[ \t]*netbox-metadata[ \t]*\r?\n([\s\S]*?)^[ \t]*```[ \t]*(?:\r?\n|$(?![\s\S]))/gim;

/**
 * Reads the fenced `netbox-metadata` block of a guest's note: a JSON object of NetBox ids. Of several blocks the last
 * counts as a whole. Never throws: what cannot be used is named in `faults` and left out.
 */
export function parseMetadata(text: unknown): Metadata {
  if (typeof text !== "string") return { values: {}, faults: [], note: "" };
  const body = [...text.matchAll(fence)].at(-1)?.[1];
  const note = text.replace(fence, "").trim();
  return body === undefined ? { values: {}, faults: [], note } : { ...readBody(body), note };
}

function readBody(body: string): Pick<Metadata, "values" | "faults"> {
  const parsed = parseJson(body);
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) {
    return { values: {}, faults: ["The netbox-metadata block is not a JSON object, so nothing of it was used."] };
  }
  const values: Metadata["values"] = {};
  const faults: string[] = [];
  for (const [key, value] of Object.entries(parsed)) {
    const known = metadataKeys.find((candidate) => candidate === key);
    if (!known) faults.push(`"${key.slice(0, 64)}" is not a field that a note can set: ${metadataKeys.join(", ")}.`);
    else if (!isId(value)) faults.push(`"${known}" must be the id of a NetBox object, a whole number above 0.`);
    else values[known] = value;
  }
  return { values, faults };
}

function isId(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value > 0;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
