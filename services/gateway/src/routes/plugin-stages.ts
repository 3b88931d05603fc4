import { Problem } from "@proxbox/contracts/http";
import { isStage } from "@proxbox/contracts/stages";
import { Elysia } from "elysia";
import type { GatewayParts } from "../parts.ts";
import { stageFrames } from "../plugin/frames/stage-frames.ts";
import { answerWhenOver, answerWithStream, type FramesOf, orderOf } from "../plugin/stage-answer.ts";
import { type StagePath, stagePaths } from "../plugin/stage-paths.ts";
import { describe } from "./describe.ts";

/** The stages as the plugin asks for them: a stream of each, and the same without a stream when the work is done. */
export function stageRoutes(parts: GatewayParts) {
  const app = new Elysia();
  for (const path of stagePaths) {
    const framesOf = framesOfStage(path, parts.config.PROXBOX_PLUGIN_TOLERANT);
    const what = `Synchronises ${path.step}`;
    app.get(
      `${path.path}/stream`,
      async ({ request, params, server }) => {
        const incoming = { request, machine: machineOf(params), server };
        return answerWithStream(parts, await orderOf(parts, path, incoming), framesOf, incoming);
      },
      describe(`${what}, as text/event-stream.`, { 200: null, 400: Problem, 404: Problem }),
    );
    if (path.streamOnly) continue;
    app.get(
      path.path,
      async ({ request, params, server }) => {
        const incoming = { request, machine: machineOf(params), server };
        return answerWhenOver(parts, await orderOf(parts, path, incoming), framesOf, incoming);
      },
      describe(`${what}, and answers when it is done.`, { 200: null, 400: Problem, 404: Problem, 502: Problem }),
    );
  }
  return app;
}

function framesOfStage({ step }: StagePath, tolerant: boolean): FramesOf {
  return ({ request, netboxUrl }) => stageFrames({ step, stages: request.stages.filter(isStage), netboxUrl, tolerant });
}

function machineOf(params: Record<string, string | undefined> | undefined): string | undefined {
  return params?.id;
}
