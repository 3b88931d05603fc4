import type { PluginFrame } from "../frames/frame.ts";
import type { CommandMeaning } from "./commands.ts";

/** A message on a socket: an object, because the plugin's client gives a connection up for any other JSON. */
export type SocketMessage = { object: string; [more: string]: unknown };

/**
 * What a frame says on a socket: an object in the older dialect for each thing that was synchronised, errors, how far it is,
 * and at the very end the message that releases the plugin's button. Pure.
 * @param ending the object of the message that ends the command; the same word at the end of a stage is kept back
 */
export function socketMessages({ event, data }: PluginFrame, ending: CommandMeaning["object"]): SocketMessage[] {
  const { payload, message } = data as { payload?: SocketMessage; message?: string | null };
  switch (event) {
    case "step":
      if (payload) return payload.end === true && payload.object === ending ? [] : [payload];
      return data.status === "completed" ? [] : [{ object: "run", status: "running", message }];
    case "substep":
    case "phase_summary":
      return [{ object: "run", status: "running", phase: data.phase, message }];
    case "error_detail":
      return [{ object: "error", ...without(data, "event") }];
    case "complete":
      return [endMessage(ending, data.ok === true, message ?? "")];
    default:
      return [];
  }
}

/** The message that ends a command. From plugin 0.0.29 on its client takes that of a full update with a status only. */
export function endMessage(object: CommandMeaning["object"], ok: boolean, message: string): SocketMessage {
  return { object, end: true, status: ok ? "completed" : "failed", message, ...(ok ? {} : { error: message }) };
}

function without(data: Record<string, unknown>, name: string): Record<string, unknown> {
  const { [name]: _, ...rest } = data;
  return rest;
}
