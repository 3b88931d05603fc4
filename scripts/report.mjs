/**
 * Reads a JUnit report as `bun test` writes it: how many tests passed, and which failed or were skipped.
 * @param {string} xml
 * @returns {{ passed: number, failed: string[], skipped: string[] }}
 */
export function readReport(xml) {
  let passed = 0;
  /** @type {string[]} */
  const failed = [];
  /** @type {string[]} */
  const skipped = [];
  for (const [, attributes = "", body = ""] of xml.matchAll(/<testcase\b([^>]*?)(?:\/>|>([\s\S]*?)<\/testcase>)/g)) {
    const title = attribute(attributes, "name");
    if (title === "(unnamed)") continue; // a skipped suite's hooks, which are no tests
    const suite = attribute(attributes, "classname");
    const name = `${attribute(attributes, "file")}: ${suite ? `${suite} > ` : ""}${title}`;
    if (/<(failure|error)\b/.test(body)) failed.push(name);
    else if (/<skipped\b/.test(body)) skipped.push(name);
    else passed += 1;
  }
  return { passed, failed, skipped };
}

/**
 * @param {string} attributes
 * @param {string} name
 */
function attribute(attributes, name) {
  const value = new RegExp(`\\b${name}="([^"]*)"`).exec(attributes)?.[1] ?? "";
  return value
    .replaceAll("&quot;", '"')
    .replaceAll("&apos;", "'")
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&#10;", " ")
    .replaceAll("&amp;", "&");
}
