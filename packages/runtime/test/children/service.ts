import { join } from "node:path";
import { runService } from "../../src/process.ts";
import { openStageService } from "../../src/service.ts";

const dir = join(import.meta.dir, "..", "stages");
await runService("vms", (env, signal) => openStageService({ domain: "vms", dir, env, signal }));
