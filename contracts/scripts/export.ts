// `npm run contracts` writes contracts/schema anew; with `--check` it only says what has drifted (exit code 1).
import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { schemaFiles } from "./schema-files.ts";

const folder = join(import.meta.dir, "../schema");
const wanted = await schemaFiles();
await mkdir(folder, { recursive: true });

const drifted = (await readdir(folder)).filter((name) => !wanted.has(name));
for (const [name, text] of wanted) {
  const file = Bun.file(join(folder, name));
  if (!(await file.exists()) || (await file.text()) !== text) drifted.push(name);
}

if (Bun.argv.includes("--check")) {
  if (drifted.length > 0) {
    console.error(
      `contracts/schema differs from contracts/src in ${drifted.join(", ")}. Is the change meant? Then run "npm run contracts" and commit what it writes.`,
    );
    process.exitCode = 1;
  }
} else {
  for (const name of drifted) {
    const text = wanted.get(name);
    if (text === undefined) await rm(join(folder, name));
    else await Bun.write(join(folder, name), text);
    console.log(`${text === undefined ? "removed" : "wrote"} contracts/schema/${name}`);
  }
}
