import { frameText, type PluginFrame } from "../frames/frame.ts";

/** Headers of a stream; the plugin sends no Accept and reads the text in the charset that stands here. */
export const streamHeaders = {
  "content-type": "text/event-stream; charset=utf-8",
  "cache-control": "no-cache",
  "x-accel-buffering": "no",
};

/** Bytes go out in pieces of this size: a reader that stalls holds no more. */
const pieceBytes = 16 * 1024;

const ascii = new TextEncoder();
const encoded = new WeakMap<PluginFrame[], Uint8Array>();

/**
 * The body of a plugin's stream: frames and nothing else, closed right after the last one. Each piece is handed over when the
 * reader has room for it. `onEnd` is called when that was the last one or the reader has gone; it must end the events.
 */
export function pluginStream(told: AsyncGenerator<PluginFrame[]>, onEnd: () => void): ReadableStream<Uint8Array> {
  const pieces = piecesOf(told);
  return new ReadableStream<Uint8Array>({
    pull: async (controller) => {
      const next = await pieces.next();
      if (!next.done) return controller.enqueue(next.value);
      controller.close();
      onEnd();
    },
    cancel: async () => {
      onEnd();
      await pieces.return(undefined);
    },
  });
}

async function* piecesOf(told: AsyncGenerator<PluginFrame[]>): AsyncGenerator<Uint8Array> {
  for await (const frames of told) {
    const bytes = bytesOf(frames);
    for (let begin = 0; begin < bytes.length; begin += pieceBytes) yield bytes.subarray(begin, begin + pieceBytes);
  }
}

// Readers of the same run get the same frames: they are made into bytes once.
function bytesOf(frames: PluginFrame[]): Uint8Array {
  const known = encoded.get(frames);
  if (known) return known;
  const bytes = ascii.encode(frames.map(frameText).join(""));
  encoded.set(frames, bytes);
  return bytes;
}
