import { runService } from "@proxbox/runtime/process";
import { createReplication } from "./src/service.ts";

await runService("replication", createReplication);
