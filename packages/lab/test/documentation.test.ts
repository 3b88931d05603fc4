import { expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { SyncOptions } from "@proxbox/contracts/sync-options";
import { gatewayRoutes, routeLines } from "@proxbox/gateway/http/route-table";

const root = join(import.meta.dir, "../../..");
const read = (file: string) => readFileSync(join(root, file), "utf8");
const find = (pattern: string) =>
  [...new Bun.Glob(pattern).scanSync({ cwd: root, dot: true })]
    .filter((file) => !file.includes("node_modules/"))
    .sort();

const code = find("{contracts,packages,services}/**/*.ts")
  .filter((file) => !/\.test\.ts$|\/test\/|^packages\/lab\//.test(file))
  .map(read)
  .join("\n");

test("docs/operations.md has a row for every setting, and no other", () => {
  const around = ["compose.yaml", "Dockerfile", ...find("scripts/**/*.mjs")].map(read).join("\n");
  const used = namesIn(`${code}\n${around}`, /\b(?:PROXBOX|NATS)_[A-Z0-9]+(?:_[A-Z0-9]+)*\b/g);
  const documented = namesIn(section(read("docs/operations.md"), "Settings"), /^\| `([A-Z_0-9]+)`/gm);
  const files = used.filter((name) => name.endsWith("_FILE") && used.includes(name.slice(0, -"_FILE".length)));
  const missing = used.filter((name) => !documented.includes(name) && !files.includes(name));
  expect({ missing, unknown: documented.filter((name) => !used.includes(name) && name !== "PORT") }).toEqual({
    missing: [],
    unknown: [],
  });
});

test("docs/operations.md has a row for every option of a run, and no other", () => {
  const documented = namesIn(section(read("docs/operations.md"), "Options of a run"), /^\| `([a-z_0-9]+)`/gm);
  expect(documented).toEqual(Object.keys(SyncOptions.properties).sort());
});

test("docs/errors.md has a row for every error code, and no other", () => {
  const thrown = /(?:Error|failure|super)\(\s*(?:\d+,\s*)?"([a-z]+(?:_[a-z]+)*)",/g;
  const named = /\bcode(?::| =) "([a-z]+(?:_[a-z]+)*)"[,;]/g;
  const used = [...new Set([...namesIn(code, thrown), ...namesIn(code, named)])].sort();
  const documented = namesIn(read("docs/errors.md"), /^\| `([a-z_]+)`/gm);
  expect(documented).toEqual(used);
});

test("docs/plugin.md has a line for every route of the gateway, and no other", () => {
  const lines = section(read("docs/plugin.md"), "Every route").split("\n");
  // The lines that are expected are the ones to put there.
  expect(lines.filter((line) => /^\| [A-Z, ]+ \|/.test(line))).toEqual(routeLines(gatewayRoutes()));
});

test("every link between documents leads somewhere", () => {
  const documents = ["README.md", ...find("docs/**/*.md")];
  const broken = documents.flatMap((file) =>
    [...read(file).matchAll(/\]\((?!https?:|#)([^)#]+)/g)]
      .map((link) => join(dirname(file), link[1] ?? ""))
      .filter((target) => !existsSync(join(root, target)))
      .map((target) => `${file}: ${target}`),
  );
  expect(broken).toEqual([]);
});

/** Every distinct match, the first group where there is one, sorted. */
function namesIn(text: string, pattern: RegExp): string[] {
  return [...new Set([...text.matchAll(pattern)].map((found) => found[1] ?? found[0]))].sort();
}

function section(text: string, title: string): string {
  return text.split(/^## /m).find((part) => part.replace(/^\d+\. /, "").startsWith(title)) ?? "";
}
