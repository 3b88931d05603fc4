import { Problem } from "@proxbox/contracts/http";
import { Elysia } from "elysia";
import type { GatewayParts } from "../parts.ts";
import { dialectOf } from "../plugin/stages/dialect.ts";
import { answerWhenOver, answerWithStream } from "../plugin/stages/stage-answer.ts";
import { orderOf } from "../plugin/stages/stage-order.ts";
import { fullUpdatePath, stagePaths } from "../plugin/stages/stage-paths.ts";
import { createTellings } from "../plugin/stages/telling.ts";
import { describe } from "./describe.ts";

/** The stages as the plugin asks for them, and the whole update: as a stream of frames, or answered when all is done. */
export function stageRoutes(parts: GatewayParts) {
  const app = new Elysia();
  const tellings = createTellings();
  for (const path of [...stagePaths, fullUpdatePath]) {
    const dialect = dialectOf(path, parts.config.PROXBOX_PLUGIN_TOLERANT);
    const what = `Synchronises ${path.stages === "all" ? "everything" : path.step}`;
    app.get(
      `${path.path}/stream`,
      async ({ request, params }) => {
        const order = await orderOf(parts, path, request, machineOf(params));
        return answerWithStream({ ...parts, tellings }, order, dialect, request);
      },
      describe(`${what}, as text/event-stream.`, { 200: null, 400: Problem, 404: Problem }),
    );
    if (path.streamOnly) continue;
    app.get(
      path.path,
      async ({ request, params, server }) => {
        const order = await orderOf(parts, path, request, machineOf(params));
        return answerWhenOver(parts, order, dialect, { request, server });
      },
      describe(`${what}, and answers when it is done.`, { 200: null, 400: Problem, 404: Problem, 502: Problem }),
    );
  }
  return app;
}

// Elysia has no parameters for a path without any.
function machineOf(params: { id?: string } | undefined): string | undefined {
  return params?.id;
}
