import { sleep } from "@proxbox/runtime/retry";
import { answerOf } from "../../errors.ts";
import type { GatewayParts } from "../../parts.ts";
import { dialectOf } from "../stages/dialect.ts";
import { orderOf } from "../stages/stage-order.ts";
import { toldRun } from "../stages/told-run.ts";
import { attendRun } from "../wishes/run-reader.ts";
import type { SocketCommand } from "./commands.ts";
import { endMessage, type SocketMessage, socketMessages } from "./messages.ts";
import type { Line } from "./session.ts";

/** What performing a command needs. */
export type PerformParts = Pick<GatewayParts, "bus" | "config" | "endpoints" | "wishes" | "hub" | "log">;

/**
 * Performs a command: asks for its run, or attaches to the one that is going, and says what becomes of it until it ends. The
 * run lasts as long as the line does. Whatever fails is said, and the command is ended by its last message in any case.
 * @param request that of the socket, whose query selects endpoints
 */
export async function perform(
  parts: PerformParts,
  line: Line,
  { meaning, word, runId }: SocketCommand,
  request: Request,
): Promise<void> {
  const { config, log } = parts;
  const { path, object } = meaning;
  const say = speaker(line, runId);
  try {
    const order = await orderOf(parts, path, request, undefined);
    const reader = await attendRun(parts, order.request, line.signal);
    try {
      await say({ object: "run", status: "started", run: reader.run, message: `${word} begins.` });
      const onBroken = (error: unknown) => {
        if (!line.signal.aborted)
          log.warn({ event: "ws.closed", run: reader.run, err: error }, "The events of a run broke off.");
      };
      const maker = dialectOf(path, config.PROXBOX_PLUGIN_TOLERANT).frames(order, reader.run);
      for await (const frames of toldRun(reader.events, maker, { pause: sleep, onBroken })) {
        for (const message of frames.flatMap((frame) => socketMessages(frame, object))) await say(message);
        if (line.signal.aborted) return;
      }
    } finally {
      reader.leave();
    }
  } catch (error) {
    const { body, internal } = answerOf(error);
    if (internal) log.error({ event: "http.failed", path: "/ws", err: error }, "A command failed.");
    const { message, code, next } = body as { message: string; code?: string; next?: string };
    await say({ object: "error", message, ...(code ? { code } : {}), ...(next ? { suggestion: next } : {}) });
    await say(endMessage(object, false, message));
  }
}

/** Says that a command is not performed at all, and why. */
export async function refuse(line: Line, { meaning, runId }: SocketCommand, message: string): Promise<void> {
  const say = speaker(line, runId);
  await say({ object: "error", message });
  await say(endMessage(meaning.object, false, message));
}

// Every answer repeats the id that came with the command.
function speaker(line: Line, runId: string | null) {
  return (message: SocketMessage) => line.say(JSON.stringify(runId === null ? message : { ...message, run_id: runId }));
}
