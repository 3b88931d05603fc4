/** What stands in the place of a secret. */
export const hidden = "[hidden]";

/** A password in an address, such as `http://user:password@proxy`; what stands before it is the first group. */
export const passwordInAddress = /\b(\w+:\/\/[^:/\s"@]*:)[^@\s"/]+@/g;

const secretField =
  /(password|passwd|secret|token|token_?(value|key)|authorization|(api|encryption)[-_]?key|cookie|ticket|seed)$/i;

/** Whether a field of ours holds a secret, by its name. Pure. */
export function isSecretField(name: string): boolean {
  return secretField.test(name);
}

// Names have a longest length here, because a pattern without takes minutes for a hostile text.
const secretShapes: readonly [RegExp, string][] = [
  [/(PVEAPIToken=[^!\s"]{0,300}![^=\s"]{0,300}=)[^\s"',]+/g, `$1${hidden}`],
  [/(PVEAuthCookie=)[^\s"';]+/g, `$1${hidden}`],
  [/\bPVE:[^\s"',]{1,300}:[0-9A-F]{8}::[^\s"',]+/g, hidden],
  [/\bPVE%3A[^\s"',;]+/g, hidden],
  [/\bnbt_[A-Za-z0-9]+\.[A-Za-z0-9]+/g, hidden],
  // Not the words of a sentence, such as "Token authentication failed".
  [/\b((?:Token|Bearer|Basic) )(?=\S*[0-9A-Z=+]|\S{24})[A-Za-z0-9._~+/=-]{8,}/g, `$1${hidden}`],
  [passwordInAddress, `$1${hidden}@`],
];

/**
 * Replaces whatever has the shape of a secret in a text: what the other side quotes in an error must go neither into the
 * log nor onto the bus, and whose secret it is cannot be known. Pure.
 */
export function hideInText(text: string): string {
  return secretShapes.reduce((result, [shape, replacement]) => result.replace(shape, replacement), text);
}
