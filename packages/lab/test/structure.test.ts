import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";

const root = join(import.meta.dir, "../../..");

/** The arrows of the house: which packages of ours each one may list. Tests and the demo, in lab, may list all. */
const base = ["contracts", "runtime"];
const services = ["gateway", "orchestrator", "inventory", "vms", "backups", "network", "replication"];
const domain = [...base, "proxmox", "netbox", "estate"];
const arrows: Record<string, readonly string[]> = {
  contracts: [],
  "packages/runtime": ["contracts"],
  "packages/proxmox": base,
  "packages/netbox": base,
  "services/gateway": base,
  "services/orchestrator": base,
  "packages/estate": [...base, "proxmox", "netbox"],
  "services/inventory": domain,
  "services/vms": domain,
  "services/backups": domain,
  "services/network": domain,
  "services/replication": domain,
  "packages/stack": [...base, ...services],
  "packages/lab": [...base, ...services, "proxmox", "netbox", "estate", "stack"],
};

const packages = ["contracts", ...["packages", "services"].flatMap((parent) => childrenOf(parent))];
const sources = [...new Bun.Glob("{contracts,packages,services,scripts}/**/*.{ts,mjs}").scanSync(root)]
  .filter((file) => !file.includes("node_modules/"))
  .sort()
  .map((file) => ({ file, text: readFileSync(join(root, file), "utf8") }));

describe.each(packages)("%s", (folder) => {
  const manifest = JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8"));
  const listed: Record<string, string> = { ...manifest.dependencies, ...manifest.devDependencies };

  test("lists only the packages its arrows allow", () => {
    const own = Object.keys(listed)
      .filter((name) => name.startsWith("@proxbox/"))
      .map((name) => name.slice("@proxbox/".length));
    expect(own.filter((name) => !arrows[folder]?.includes(name))).toEqual([]);
  });

  test("leaves every version to the catalog", () => {
    expect(Object.entries(listed).filter(([, version]) => !["catalog:", "workspace:*"].includes(version))).toEqual([]);
  });
});

test("no relative import leaves its package", () => {
  const leaving = sources.flatMap(({ file, text }) => {
    const home = packages.find((folder) => file.startsWith(`${folder}/`)) ?? "scripts";
    return [...text.matchAll(/(?:from|import)\s*\(?\s*"(\.[^"]+)"/g)]
      .map((found) => relative(home, join(dirname(file), found[1] ?? "")))
      .filter((path) => path.startsWith(".."))
      .map((path) => `${file}: ${path}`);
  });
  expect(leaving).toEqual([]);
});

test("no file is over 350 lines, tables of kinds and models, schemas and tests aside", () => {
  const exempt = /\.test\.ts$|\/test\/|\/kinds\/|\/models\/|\/fixtures\//;
  const long = sources
    .map(({ file, text }) => ({ file, lines: text.split("\n").length - 1 }))
    .filter(({ file, lines }) => lines > 350 && !exempt.test(file));
  expect(long).toEqual([]);
});

test("no file or folder has a name that says nothing", () => {
  const vague = /(^|\/)(utils?|helpers?|managers?|common|misc|index)(\.|\/|$)/;
  expect(sources.map(({ file }) => file).filter((file) => vague.test(file))).toEqual([]);
});

test("the lock names no place to fetch from", () => {
  expect(readFileSync(join(root, "bun.lock"), "utf8")).not.toContain("://");
});

function childrenOf(parent: string): string[] {
  return readdirSync(join(root, parent)).map((name) => join(parent, name));
}
