import { defineStage } from "@proxbox/runtime/stage";
import { Type } from "@sinclair/typebox";

/** Not built yet. */
export const stage = defineStage({
  name: "backup-routines",
  body: Type.Object({}),
  items: async () => [],
  work: async () => ({ objects: [] }),
});
