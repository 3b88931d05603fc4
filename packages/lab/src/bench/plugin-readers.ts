// Many readers of one stage's stream, in a process of their own. Says when all are connected, and at the end how many
// bytes and frames each of them got.
const { BENCH_URL = "", BENCH_KEY = "", BENCH_PATH = "", BENCH_CLIENTS = "1" } = process.env;

const frameEnd = 10;

async function connect(): Promise<Response> {
  const response = await fetch(BENCH_URL + BENCH_PATH, { headers: { "X-Proxbox-API-Key": BENCH_KEY } });
  if (!response.ok) throw new Error(`The gateway answered ${response.status}: ${await response.text()}`);
  return response;
}

/** Frames end with a blank line: two line feeds one after the other. */
async function read(response: Response): Promise<{ bytes: number; frames: number }> {
  let bytes = 0;
  let frames = 0;
  let last = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    for (let at = chunk.indexOf(frameEnd); at >= 0; at = chunk.indexOf(frameEnd, at + 1)) {
      if ((at === 0 ? last : chunk[at - 1]) === frameEnd) frames += 1;
    }
    last = chunk.at(-1) ?? last;
  }
  return { bytes, frames };
}

const responses = await Promise.all(Array.from({ length: Number(BENCH_CLIENTS) }, connect));
process.send?.("connected");
process.send?.(await Promise.all(responses.map(read)));

// Without it this would be no module, and only a module may await at its top.
export {};
