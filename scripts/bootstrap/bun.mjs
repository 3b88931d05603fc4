import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync } from "node:fs";
import { basename, join } from "node:path";
import { capture } from "./child.mjs";
import { inWorkFolder } from "./work-folder.mjs";

/**
 * The path of the Bun this project is pinned to, brought with npm into `.tools` when it is not there.
 * Throws one sentence when npm cannot bring it.
 * @param {string} root
 * @returns {Promise<string>}
 */
export async function ensureBun(root) {
  const version = JSON.parse(readFileSync(join(root, "package.json"), "utf8")).workspaces.catalog.bun;
  const home = join(root, ".tools", `bun-${version}`);
  const binary = join(home, "bun");
  if (existsSync(binary)) return binary;

  console.error(`Fetching Bun ${version} with npm ...`);
  return inWorkFolder(root, async (folder) => {
    const said = await npmInstall(`bun@${version}`, folder);
    const found = said.ok ? await binaryIn(folder, version) : null;
    if (!found) {
      throw new Error(
        `Bun ${version} could not be fetched with npm; see that npm reaches its registry, then try again.\n${said.output}`,
      );
    }
    mkdirSync(home, { recursive: true });
    renameSync(found, binary);
    return binary;
  });
}

/**
 * The npm package's own `bun` is a stand-in that its install script replaces. Install scripts may be forbidden, so
 * the program is taken from the platform's package; where npm brought several (glibc and musl), the one that runs.
 * @param {string} folder
 * @param {string} version
 */
async function binaryIn(folder, version) {
  const packages = join(folder, "node_modules", "@oven");
  for (const name of existsSync(packages) ? readdirSync(packages) : []) {
    const binary = join(packages, name, "bin", "bun");
    const said = await capture(binary, ["--version"]);
    if (said.ok && said.output === version) return binary;
  }
  return null;
}

/**
 * @param {string} what
 * @param {string} folder
 */
function npmInstall(what, folder) {
  const script = process.env.npm_execpath ?? "";
  const [command, ...first] = basename(script) === "npm-cli.js" ? [process.execPath, script] : ["npm"];
  const flags = ["--no-save", "--no-package-lock", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
  return capture(/** @type {string} */ (command), [...first, "install", "--prefix", folder, ...flags, what], {
    cwd: folder,
  });
}
