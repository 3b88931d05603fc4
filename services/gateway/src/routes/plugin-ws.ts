import { sleep } from "@proxbox/runtime/retry";
import { Elysia } from "elysia";
import { clientSource } from "../access/client-address.ts";
import { admit } from "../access/door.ts";
import type { Wire } from "../http/wire.ts";
import type { GatewayParts } from "../parts.ts";
import { commandMeanings, readCommand } from "../plugin/socket/commands.ts";
import { perform, refuse } from "../plugin/socket/perform.ts";
import { closeCodes, openSession, type SocketSession, type Talk } from "../plugin/socket/session.ts";

/** Most sockets of this dialect at once, and of one address: a NetBox has one for each of its processes. */
const mostSockets = 500;
const mostOfOne = 100;
/** Most commands of one socket at work at once. */
const mostCommands = 8;

/** The sockets of the plugin's dialect: the key in the first message, commands by their words, objects in answer. */
export function pluginSocketRoutes(parts: GatewayParts) {
  const { config, log, metrics } = parts;
  const sessions = new Map<string, { source: string; session: SocketSession }>();
  const onBroken = (error: unknown) => log.warn({ event: "ws.closed", err: error }, "A socket broke off.");

  const isRoom = (source: string) =>
    sessions.size < mostSockets && [...sessions.values()].filter((entry) => entry.source === source).length < mostOfOne;

  const socket = (path: string, summary: string, talkOf: (request: Request) => Talk) =>
    new Elysia().ws(path, {
      detail: { summary },
      open: ({ id, data: { request }, raw }) => {
        const wire = raw as unknown as Wire & { remoteAddress: string };
        const forwarded = request.headers.get("x-forwarded-for");
        const source = clientSource(wire.remoteAddress, forwarded, config.trustedProxies);
        if (!isRoom(source)) return wire.close(closeCodes.later, "There are too many sockets; try later.");
        metrics.wsClients.inc();
        log.debug({ event: "ws.opened", path }, "A socket was opened.");
        const door = (key: string) => admit(parts, source, key);
        sessions.set(id, { source, session: openSession(wire, { admit: door, talk: talkOf(request), onBroken }) });
      },
      message: ({ id }, message) => sessions.get(id)?.session.heard(textOf(message)),
      drain: ({ id }) => sessions.get(id)?.session.drained(),
      close: ({ id }) => {
        const entry = sessions.get(id);
        if (!entry) return;
        sessions.delete(id);
        entry.session.gone();
        metrics.wsClients.dec();
        log.debug({ event: "ws.closed", path }, "A socket was closed.");
      },
    });

  return new Elysia()
    .use(socket("/", "Counts over WebSocket: a sign of life.", () => counting))
    .use(
      socket("/ws", "Commands of the plugin over WebSocket; the first message is the key.", (request) =>
        commanding(parts, request),
      ),
    )
    .use(
      socket("/ws/virtual-machines", "Synchronises virtual machines over WebSocket.", (request) =>
        machinesOnly(parts, request),
      ),
    );
}

// A sign of life, for who wants to see whether a socket gets through.
const counting: Talk = {
  begin: async ({ say, signal }) => {
    for (let count = 1; !signal.aborted; count += 1) {
      await say(`Message: ${count}`);
      await sleep(2_000, signal).catch(() => {});
    }
  },
  hear: async () => {},
};

function commanding(parts: GatewayParts, request: Request): Talk {
  let working = 0;
  return {
    begin: async ({ say, signal }) => {
      await say("Connected!");
      await say("Connected 2!");
      await closed(signal);
    },
    hear: async (line, text) => {
      const command = readCommand(text);
      if ("refusal" in command) {
        for (const sentence of command.refusal) await line.say(sentence);
        return;
      }
      if (!(await line.isWelcome())) return;
      if (working >= mostCommands) return refuse(line, command, "Too many commands of this socket are at work.");
      working += 1;
      if (command.word === "Sync Nodes" && command.runId === null) await line.say(command.word);
      await perform(parts, line, command, request);
      working -= 1;
    },
  };
}

function machinesOnly(parts: GatewayParts, request: Request): Talk {
  const [, , meaning] = commandMeanings;
  return {
    begin: async (line) => {
      await line.say("Connected!");
      await perform(parts, line, { meaning, word: meaning.words[0], runId: null }, request);
    },
    hear: async () => {},
  };
}

async function closed(signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  if (signal.aborted) return;
  signal.addEventListener("abort", () => resolve(), { once: true });
  await promise;
}

// The router has parsed what looks like JSON.
function textOf(message: unknown): string {
  if (typeof message === "string") return message;
  return message instanceof Uint8Array ? new TextDecoder().decode(message) : JSON.stringify(message);
}
