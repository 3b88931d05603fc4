import { join } from "node:path";
import { runService } from "../../src/process.ts";
import { openStageService } from "../../src/service.ts";

const dir = join(import.meta.dir, "..", "stages");
await runService("replication", (env, signal) => openStageService({ domain: "replication", dir, env, signal }));
