import { expect, test } from "bun:test";
import { RequestError, unavailable } from "../../errors.ts";
import { closeCodes, type Line, openSession, type SessionLimits, type Talk } from "./session.ts";

function stand(more: { talk?: Partial<Talk>; limits?: Partial<SessionLimits> } = {}) {
  const sent: string[] = [];
  const closed: [number | undefined, string | undefined][] = [];
  const asked: string[] = [];
  const heard: string[] = [];
  const broken: unknown[] = [];
  const state = { full: false, refusal: null as Error | null, checking: Promise.resolve() };
  const lines: Line[] = [];
  const session = openSession(
    {
      send: (text) => {
        sent.push(text);
        return state.full ? -1 : text.length;
      },
      close: (code, reason) => void closed.push([code, reason]),
    },
    {
      admit: async (key) => {
        asked.push(key);
        await state.checking;
        if (state.refusal) throw state.refusal;
      },
      talk: {
        begin: async (line) => {
          lines.push(line);
          await line.say("Connected!");
          await new Promise((resolve) => line.signal.addEventListener("abort", resolve));
        },
        hear: async (_, text) => void heard.push(text),
        ...more.talk,
      },
      onBroken: (error) => broken.push(error),
    },
    { authMs: 1_000, early: 2, ...more.limits },
  );
  return { session, sent, closed, asked, heard, broken, state, lines };
}

const soon = () => Bun.sleep(1);

test("nothing is said or heard before the key was found right; what came early is heard then, in order", async () => {
  const { session, sent, asked, heard, state } = stand();
  const check = Promise.withResolvers<void>();
  state.checking = check.promise;
  session.heard('{"api_key":"k"}');
  session.heard("first");
  session.heard("second");
  await soon();
  expect([sent, heard, asked]).toEqual([[], [], ["k"]]);
  check.resolve();
  await soon();
  expect([sent, heard]).toEqual([["Connected!"], ["first", "second"]]);
  session.heard("third");
  await soon();
  expect(heard).toEqual(["first", "second", "third"]);
  session.gone();
});

test.each([
  [
    "a wrong key",
    new RequestError(401, "unauthorized", "Invalid API key."),
    closeCodes.unauthorized,
    "Invalid API key.",
  ],
  ["a lockout", new RequestError(429, "locked_out", "Too many."), closeCodes.unauthorized, "Too many."],
  ["a bus that is away", unavailable("Try again."), closeCodes.later, "Try again."],
  ["what nobody foresaw", new TypeError("inside"), closeCodes.later, "Internal server error"],
])("%s closes the socket and says why", async (_, refusal, code, reason) => {
  const { session, sent, closed, heard, state } = stand();
  state.refusal = refusal;
  session.heard('{"api_key":"k"}');
  session.heard("Full Update");
  await soon();
  expect([closed, sent, heard]).toEqual([[[code, reason]], [], []]);
});

test("who says nothing, or too much, before the key is sent away", async () => {
  const silent = stand({ limits: { authMs: 10 } });
  await Bun.sleep(30);
  expect(silent.closed).toEqual([[closeCodes.unauthorized, "API key required."]]);
  expect(silent.asked).toEqual([]);

  const loud = stand();
  loud.state.checking = new Promise(() => {});
  for (const text of ['{"api_key":"k"}', "1", "2", "3", "4"]) loud.session.heard(text);
  expect(loud.closed.map(([code]) => code)).toEqual([closeCodes.tooMuch]);
});

test("the time for the key is over when it has come", async () => {
  const { session, closed } = stand({ limits: { authMs: 10 } });
  session.heard('{"api_key":"k"}');
  await Bun.sleep(30);
  expect(closed).toEqual([]);
  session.gone();
});

test("one who does not read holds up what is said to him, until he reads or goes", async () => {
  const { session, sent, state, lines } = stand();
  session.heard('{"api_key":"k"}');
  await soon();
  const [line] = lines as [Line];
  state.full = true;
  let said = 0;
  const talking = (async () => {
    for (const text of ["a", "b", "c"]) {
      await line.say(text);
      said += 1;
    }
  })();
  await soon();
  expect([said, sent.at(-1)]).toEqual([0, "a"]);
  session.drained();
  await soon();
  expect([said, sent.at(-1)]).toEqual([1, "b"]);
  session.gone();
  await talking;
  expect([said, sent.at(-1), line.signal.aborted]).toEqual([3, "b", true]);
});

test("a key that is not right any more closes the socket when it is asked for again", async () => {
  const { session, closed, state, lines } = stand();
  session.heard('{"api_key":"k"}');
  await soon();
  const [line] = lines as [Line];
  expect(await line.isWelcome()).toBe(true);
  state.refusal = new RequestError(401, "unauthorized", "Invalid API key.");
  expect([await line.isWelcome(), closed]).toEqual([false, [[closeCodes.unauthorized, "Invalid API key."]]]);
});

test("a talk that ends closes the socket well, one that breaks does not", async () => {
  const ended = stand({ talk: { begin: async () => {} } });
  ended.session.heard('{"api_key":"k"}');
  const failed = stand({ talk: { begin: () => Promise.reject(new Error("odd")) } });
  failed.session.heard('{"api_key":"k"}');
  await soon();
  expect(ended.closed.map(([code]) => code)).toEqual([closeCodes.over]);
  expect([failed.closed.map(([code]) => code), failed.broken]).toEqual([[closeCodes.broken], [new Error("odd")]]);
});
