import { runService } from "@proxbox/runtime/process";
import { createOrchestrator } from "./src/service.ts";

await runService("orchestrator", createOrchestrator);
