import { expect } from "bun:test";
import type { Checks, ContractWorld } from "./world.ts";

/** The socket that a server with `use_websocket` keeps. */
export const socketChecks = {
  "WS /ws": async (world) => {
    const wrong = await talk(world, [JSON.stringify({ api_key: "w".repeat(40) })], () => false);
    expect(wrong.code).toBe(4001);
    const said = await talk(
      world,
      [JSON.stringify({ api_key: world.plugin.backend.key }), "Sync Nodes"],
      isEnd("device"),
    );
    expect(said.messages.length).toBeGreaterThan(1);
    expect(said.messages.at(-1)).toMatchObject({ object: "device", end: true });
  },
} satisfies Checks;

type Talk = { messages: Record<string, unknown>[]; code: number | null };

const isEnd = (object: string) => (message: Record<string, unknown>) =>
  message.object === object && message.end === true;

/**
 * Says some things and listens until the end comes or the other side closes. Every message must be a JSON object or no JSON.
 */
async function talk(
  { plugin }: ContractWorld,
  says: readonly string[],
  isLast: (message: Record<string, unknown>) => boolean,
): Promise<Talk> {
  const socket = new WebSocket(`${plugin.backend.url.replace("http", "ws")}/ws`);
  const messages: Record<string, unknown>[] = [];
  const { promise, resolve } = Promise.withResolvers<Talk>();
  socket.addEventListener("open", () => {
    for (const text of says) socket.send(text);
  });
  socket.addEventListener("close", ({ code }) => resolve({ messages, code }));
  socket.addEventListener("message", ({ data }) => {
    const message = parse(String(data));
    if (message === undefined) return;
    // Anything else makes the plugin's client connect anew.
    expect(message).toBeObject();
    messages.push(message as Record<string, unknown>);
    if (!isLast(message as Record<string, unknown>)) return;
    resolve({ messages, code: null });
    socket.close();
  });
  return promise;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
