import { runService } from "@proxbox/runtime/process";
import { createGateway } from "./src/service.ts";

await runService("gateway", createGateway);
