import { runService } from "@proxbox/runtime/process";
import { createVms } from "./src/service.ts";

await runService("vms", createVms);
