import { Elysia } from "elysia";
import type { GatewayParts } from "../parts.ts";
import { activeRuns } from "../plugin/active-runs.ts";
import { describe } from "./describe.ts";

/** More runs than ever wait at once; the ones that are over are told by `GET /runs`. */
const most = 1_000;

/** The runs at work, as proxbox-api told them. */
export function activeRoutes({ runs }: Pick<GatewayParts, "runs">) {
  return new Elysia().get(
    "/sync/active",
    async () => activeRuns(await runs.list(most)),
    describe("The runs that are at work or wait for it, the oldest first.", { 200: null }),
  );
}
