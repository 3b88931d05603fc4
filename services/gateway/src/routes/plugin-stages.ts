import { Problem } from "@proxbox/contracts/http";
import { isStage } from "@proxbox/contracts/stages";
import { Elysia } from "elysia";
import type { GatewayParts } from "../parts.ts";
import { fullUpdateAnswer, stageAnswer } from "../plugin/frames/answers.ts";
import { fullUpdateFrames } from "../plugin/frames/full-update-frames.ts";
import { stageFrames } from "../plugin/frames/stage-frames.ts";
import { answerWhenOver, answerWithStream, type Dialect, orderOf, type StageOrder } from "../plugin/stage-answer.ts";
import { fullUpdatePath, type StagePath, stagePaths } from "../plugin/stage-paths.ts";
import { describe } from "./describe.ts";

/** The stages as the plugin asks for them, and the whole update: as a stream of frames, or answered when all is done. */
export function stageRoutes(parts: GatewayParts) {
  const app = new Elysia();
  for (const path of [...stagePaths, fullUpdatePath]) {
    const dialect = dialectOf(path, parts.config.PROXBOX_PLUGIN_TOLERANT);
    const what = `Synchronises ${path.stages === "all" ? "everything" : path.step}`;
    app.get(
      `${path.path}/stream`,
      async ({ request, params }) => {
        const order = await orderOf(parts, path, request, machineOf(params));
        return answerWithStream(parts, order, dialect, request);
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

function dialectOf(path: StagePath, tolerant: boolean): Dialect {
  const { step } = path;
  const about = ({ request, netboxUrl }: StageOrder) => ({
    ...{ stages: request.stages.filter(isStage), netboxUrl, tolerant },
  });
  if (path === fullUpdatePath) {
    return {
      frames: (order, run) => fullUpdateFrames({ ...about(order), run }),
      answer: (order) => fullUpdateAnswer(about(order)),
    };
  }
  return {
    frames: (order) => stageFrames({ ...about(order), step }),
    answer: (order) => stageAnswer({ ...about(order), step }),
  };
}

// Elysia has no parameters for a path without any.
function machineOf(params: { id?: string } | undefined): string | undefined {
  return params?.id;
}
