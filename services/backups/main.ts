import { runService } from "@proxbox/runtime/process";
import { createBackups } from "./src/service.ts";

await runService("backups", createBackups);
