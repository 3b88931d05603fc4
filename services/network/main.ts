import { runService } from "@proxbox/runtime/process";
import { createNetwork } from "./src/service.ts";

await runService("network", createNetwork);
