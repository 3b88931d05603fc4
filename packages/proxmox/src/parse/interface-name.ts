const longestName = 64;

/** A name as NetBox takes it for an interface: no control characters, at most 64 characters, else the fallback. */
export function interfaceName(name: unknown, fallback: string): string {
  const clean =
    typeof name === "string"
      ? name
          .toWellFormed()
          .replace(/\p{Cc}/gu, "")
          .trim()
      : "";
  return [...clean].slice(0, longestName).join("").trim() || fallback;
}
