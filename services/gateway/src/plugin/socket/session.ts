import { refusals } from "../../access/auth.ts";
import { answerOf, RequestError } from "../../errors.ts";
import { type Wire, wireState } from "../../http/wire.ts";
import { keyIn } from "./commands.ts";

/** The way to a client that was let in. */
export type Line = {
  /** Says a text, and waits while the client does not read. Says nothing to one who has gone. */
  say(text: string): Promise<void>;
  /** Asks once more whether the client's key is right; false: it is not any more, and the socket is closed. */
  isWelcome(): Promise<boolean>;
  /** Aborted when the socket is closed, by whom ever. */
  signal: AbortSignal;
};

/** What is said on a socket to one who was let in. */
export type Talk = {
  /** From the key on; the socket is closed when it ends. */
  begin(line: Line): Promise<void>;
  /** Each further message. Must not throw. */
  hear(line: Line, text: string): Promise<void>;
};

/** A socket from its opening on: told what happens to it. */
export type SocketSession = { heard(text: string): void; drained(): void; gone(): void };

/** Codes with which a socket is closed. */
export const closeCodes = { over: 1000, tooMuch: 1008, broken: 1011, later: 1013, unauthorized: 4001 } as const;

/** How long the first message may take, and how many may come before the key in it was checked. */
export type SessionLimits = { authMs: number; early: number };

const usualLimits: SessionLimits = { authMs: 10_000, early: 16 };

/**
 * Opens a session: the first message must be `{"api_key": ...}`, and before `admit` has let it in nothing else happens.
 * Who is not let in is told why in the reason of the close.
 */
export function openSession(
  wire: Wire,
  { admit, talk, onBroken }: { admit(key: string): Promise<void>; talk: Talk; onBroken(error: unknown): void },
  limits: SessionLimits = usualLimits,
): SocketSession {
  const stop = new AbortController();
  const { signal } = stop;
  let room = Promise.withResolvers<void>();
  let entering: Promise<boolean> | null = null;
  let line: Line | null = null;
  let early = 0;

  const end = (code: number, reason: string) => {
    if (signal.aborted) return;
    gone();
    wire.close(code, reason.slice(0, 120));
  };
  const gone = () => {
    clearTimeout(late);
    stop.abort();
    room.resolve();
  };
  const late = setTimeout(() => end(closeCodes.unauthorized, refusals.missing), limits.authMs);

  const enter = async (key: string): Promise<boolean> => {
    try {
      await admit(key);
      return !signal.aborted;
    } catch (error) {
      // What is no refusal is our own trouble: the same key may be right in a moment.
      const isRefusal = error instanceof RequestError && error.answer < 500;
      const { message } = answerOf(error).body as { message: string };
      end(isRefusal ? closeCodes.unauthorized : closeCodes.later, message);
      return false;
    }
  };
  const begin = async (key: string): Promise<boolean> => {
    if (!(await enter(key))) return false;
    clearTimeout(late);
    line = { say, signal, isWelcome: () => enter(key) };
    void talk.begin(line).then(
      () => end(closeCodes.over, "That is all."),
      (error) => {
        if (!signal.aborted) onBroken(error);
        end(closeCodes.broken, "The gateway failed; connect again.");
      },
    );
    return true;
  };
  const say = async (text: string): Promise<void> => {
    if (signal.aborted) return;
    const { promise } = room;
    if (wire.send(text) === wireState.full) await promise;
  };

  return {
    heard: (text) => {
      if (signal.aborted) return;
      if (!entering) {
        entering = begin(keyIn(text));
        return;
      }
      if (!line && ++early > limits.early)
        return end(closeCodes.tooMuch, "Too much was sent before the key was checked.");
      void entering.then((isIn) => (isIn && line ? talk.hear(line, text) : undefined));
    },
    drained: () => {
      room.resolve();
      room = Promise.withResolvers();
    },
    gone,
  };
}
