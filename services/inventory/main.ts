import { runService } from "@proxbox/runtime/process";
import { createInventory } from "./src/service.ts";

await runService("inventory", createInventory);
