import { randomBytes } from "node:crypto";
import { chmod, link, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { ConfigError } from "./errors.ts";

/** The key itself, and the file it is read from (or generated into) when it is not given. */
export type KeySource = { text?: string | undefined; file: string };

/** The key's text; null when there is neither a key nor a file. Throws ConfigError when the file cannot be read. */
export async function readKey({ text, file }: KeySource): Promise<string | null> {
  if (text) return text;
  try {
    const content = (await readFile(file, "utf8")).trim();
    if (content !== "") return content;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw unusable(file, "cannot be read", error);
  }
  throw unusable(file, "is empty");
}

/** Generates a key into a file that only its owner can read; a file that appeared meanwhile wins. */
export async function makeKeyFile(file: string): Promise<string> {
  const draft = `${file}.${process.pid}-${randomBytes(4).toString("hex")}`;
  try {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(draft, `${randomBytes(32).toString("base64url")}\n`, { mode: 0o600, flag: "wx" });
    await chmod(draft, 0o600);
    // A link appears whole or not at all, so that no other process ever reads half a key.
    await link(draft, file).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "EEXIST") throw error;
    });
  } catch (error) {
    throw unusable(file, "cannot be written", error);
  } finally {
    await rm(draft, { force: true });
  }
  return (await readFile(file, "utf8")).trim();
}

function unusable(file: string, what: string, cause?: unknown): ConfigError {
  const code = (cause as NodeJS.ErrnoException | undefined)?.code;
  return new ConfigError("key_file_unusable", `The key file ${file} ${what}${code ? ` (${code})` : ""}.`, {
    cause,
    next: "Set PROXBOX_ENCRYPTION_KEY, or point PROXBOX_ENCRYPTION_KEY_FILE to a file this process can read.",
  });
}
