import type { RunStreamEvent } from "../../runs/run-events.ts";
import type { PluginFrame } from "../frames/frame.ts";
import type { FrameMaker } from "../frames/stage-frames.ts";

/** Like FrameMaker, for one reader of many: what an event says may have to be waited for. */
export type FrameTeller = Omit<FrameMaker, "of"> & { of(event: RunStreamEvent): Promise<PluginFrame[]> };

/** What is to be told: under one key always the same run in the same words. `history` reads its events from the first one. */
export type Story = { key: string; maker: () => FrameMaker; history: () => AsyncIterable<RunStreamEvent> };

/** The frames of runs, made once for all who read the same: 200 readers cost little more than one. */
export type Tellings = {
  /** Begins to tell from the first event on; to be disposed when the reader has gone. */
  begin(story: Story): FrameTeller & Disposable;
};

/** A maker, and the event up to which it was told the run. It makes the frames of the next one, and of no other. */
type Source = { maker: FrameMaker; at: number };

/** The frames of an event, and who has made them: the one to ask for those of the next. */
type Told = { frames: PluginFrame[]; source: Source };

type Telling = { told: Map<number, Told>; frames: number; readers: number };

/** Opens the tellings of a gateway. Of each, up to `most` frames are remembered: readers are seldom further apart. */
export function createTellings(most = 5_000): Tellings {
  const tellings = new Map<string, Telling>();

  const remember = (telling: Telling, seq: number, told: Told): void => {
    telling.told.set(seq, told);
    telling.frames += told.frames.length;
    for (const [oldest, { frames }] of telling.told) {
      if (telling.frames <= most) return;
      telling.told.delete(oldest);
      telling.frames -= frames.length;
    }
  };

  return {
    begin: ({ key, maker, history }) => {
      const telling = tellings.get(key) ?? { told: new Map(), frames: 0, readers: 0 };
      tellings.set(key, telling);
      telling.readers += 1;
      // What a reader says of itself it says by a maker of its own, which may be broken without harm to the others.
      const own = maker();
      let source: Source = { maker: own, at: 0 };
      let at = 0;
      let here = true;
      return {
        begin: () => own.begin(),
        silence: () => source.maker.silence(),
        broken: (error) => maker().broken(error),
        of: async (event) => {
          if (!telling.told.has(event.seq) && source.at !== at) source = await sourceAt(at, maker(), history());
          const known = telling.told.get(event.seq);
          const frames = known?.frames ?? source.maker.of(event);
          if (known) source = known.source;
          else {
            source.at = event.seq;
            remember(telling, event.seq, { frames, source });
          }
          at = event.seq;
          return frames;
        },
        [Symbol.dispose]: () => {
          if (!here) return;
          here = false;
          telling.readers -= 1;
          if (telling.readers === 0) tellings.delete(key);
        },
      };
    },
  };
}

/** Tells a new maker everything up to an event. Its frames were sent before. */
async function sourceAt(at: number, maker: FrameMaker, history: AsyncIterable<RunStreamEvent>): Promise<Source> {
  for await (const event of history) {
    if (event.seq <= at) maker.of(event);
    if (event.seq >= at) break;
  }
  return { maker, at };
}
