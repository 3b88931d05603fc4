import { Type } from "@sinclair/typebox";
import { defineStage } from "../../../src/stage.ts";

/** The least a stage can be: no items. */
export const stage = defineStage({
  name: "replications",
  body: Type.Object({}),
  items: async () => [],
  work: async () => ({ objects: [] }),
});
