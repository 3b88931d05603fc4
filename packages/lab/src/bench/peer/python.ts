import { mkdir } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";

/** The releases of Python that the peer's package takes. */
const wanted = /^3\.1[23]\b/;

/** Said where no such Python is found. */
export const noPython =
  "not measured: proxbox-api needs Python 3.12 or 3.13, which is neither on PATH nor among pyenv's versions";

/** A Python 3.12 or 3.13 of this machine; null when there is none. */
export async function findPython(): Promise<string | null> {
  for (const python of ["python3.12", "python3.13", "python3", ...(await pyenvPythons())]) {
    const version = await output([python, "-c", "import platform; print(platform.python_version())"]);
    if (wanted.test(version ?? "")) return python;
  }
  return null;
}

/**
 * Installs proxbox-api, the newest or the release that is asked for, into an environment of its own in the user's cache
 * folder and returns that environment's Python and the release. Throws Error when the package cannot be had.
 */
export async function installPeer(python: string, exactly?: string): Promise<{ python: string; release: string }> {
  const name = exactly === undefined ? "peer" : `peer-${exactly}`;
  const folder = join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "proxbox-edge", name);
  const requirement = exactly === undefined ? "proxbox-api" : `proxbox-api==${exactly}`;
  await mkdir(folder, { recursive: true });
  const own = join(folder, "bin", "python");
  await done([python, "-m", "venv", folder]);
  await done([own, "-m", "pip", "install", "--quiet", "--upgrade", requirement]);
  const release = await output([own, "-c", "from importlib.metadata import version; print(version('proxbox-api'))"]);
  if (release === null) throw new Error(`proxbox-api was installed into ${folder}, but Python does not find it there.`);
  return { python: own, release };
}

async function pyenvPythons(): Promise<string[]> {
  const versions = (await output(["pyenv", "versions", "--bare"]))?.split(/\s+/).filter((name) => wanted.test(name));
  const prefixes = await Promise.all((versions ?? []).map((name) => output(["pyenv", "prefix", name])));
  return prefixes.flatMap((prefix) => (prefix === null ? [] : join(prefix, "bin", "python3")));
}

/** What a command prints; null when it fails or does not exist. */
async function output(command: string[]): Promise<string | null> {
  if (!Bun.which(command[0] ?? "")) return null;
  const child = Bun.spawn(command, { stdout: "pipe", stderr: "ignore" });
  const text = await child.stdout.text();
  return (await child.exited) === 0 ? text.trim() : null;
}

async function done(command: string[]): Promise<void> {
  const child = Bun.spawn(command, { stdout: "ignore", stderr: "pipe" });
  const said = await child.stderr.text();
  if ((await child.exited) !== 0) throw new Error(`${command.join(" ")} failed: ${said.trim().slice(-500)}`);
}
