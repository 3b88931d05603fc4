/** Turns the bytes of an answer into text as the plugin's HTTP library (requests 2.34) does. */
export type Decoder = { push(bytes: Uint8Array): string; end(): string };

/**
 * How the body of an answer with this Content-Type is read: text that does not say UTF-8 as ISO-8859-1, anything else as
 * UTF-8. A byte order mark stays.
 */
export function decoderFor(contentType: string): Decoder {
  if (/^text\//i.test(contentType.trim()) && !/charset=["']?utf-8/i.test(contentType)) {
    // The platform takes "latin1" for windows-1252, which has other characters from 0x80 to 0x9f.
    return { push: (bytes) => Buffer.from(bytes).toString("latin1"), end: () => "" };
  }
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  return { push: (bytes) => decoder.decode(bytes, { stream: true }), end: () => decoder.decode() };
}

/** Cuts text into lines, piece by piece. */
export type LineCutter = { push(text: string): string[]; end(): string[] };

/** Lines as Python's `str.splitlines` finds them: U+0085, U+2028 and some control characters end one too. */
export function lineCutter(): LineCutter {
  let rest = "";
  return {
    push(text) {
      rest += text;
      // Whether a line feed follows, which would belong to it, is not known yet.
      const whole = rest.endsWith("\r") ? rest.slice(0, -1) : rest;
      const lines = whole.split(lineEnd);
      rest = (lines.pop() ?? "") + rest.slice(whole.length);
      return lines;
    },
    end() {
      const lines = rest.split(lineEnd);
      rest = "";
      return lines.at(-1) === "" ? lines.slice(0, -1) : lines;
    },
  };
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters that end a line in Python.
const lineEnd = /\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]/;
