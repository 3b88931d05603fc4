import { frameText, type PluginFrame } from "./frame.ts";

/** Headers of a stream; the plugin sends no Accept and reads the text in the charset that stands here. */
export const streamHeaders = {
  "content-type": "text/event-stream; charset=utf-8",
  "cache-control": "no-cache",
  "x-accel-buffering": "no",
};

/** Frames go out together up to about so many characters: a reader that stalls holds no more. */
const pieceLength = 16 * 1024;

const ascii = new TextEncoder();

/**
 * The body of a plugin's stream: frames and nothing else, closed right after the last one. Each piece is made when the reader
 * has room for it. `onEnd` is called when the last frame was handed over or the reader has gone; it must end the events.
 */
export function pluginStream(told: AsyncGenerator<PluginFrame[]>, onEnd: () => void): ReadableStream<Uint8Array> {
  const pieces = piecesOf(told);
  return new ReadableStream<Uint8Array>({
    pull: async (controller) => {
      const next = await pieces.next();
      if (!next.done) return controller.enqueue(ascii.encode(next.value));
      controller.close();
      onEnd();
    },
    cancel: async () => {
      onEnd();
      await pieces.return(undefined);
    },
  });
}

async function* piecesOf(told: AsyncGenerator<PluginFrame[]>): AsyncGenerator<string> {
  for await (const frames of told) {
    let piece = "";
    for (const frame of frames) {
      piece += frameText(frame);
      if (piece.length < pieceLength) continue;
      yield piece;
      piece = "";
    }
    if (piece !== "") yield piece;
  }
}
