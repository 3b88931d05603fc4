import { millisecondsSince } from "./instant.ts";

// Many clients of one run's events, in a process of their own so that they do not share a loop with whom they wait for. Says
// when all are connected, and at the end how long each frame took to each client.
const { BENCH_URL = "", BENCH_KEY = "", BENCH_RUN = "", BENCH_CLIENTS = "1" } = process.env;
const count = Number(BENCH_CLIENTS);
const latencies: number[] = [];
let connected = 0;

async function follow(): Promise<void> {
  const response = await fetch(`${BENCH_URL}/runs/${BENCH_RUN}/events`, {
    headers: { "X-Proxbox-API-Key": BENCH_KEY, accept: "text/event-stream" },
  });
  if (!response.ok || !response.body) throw new Error(`The gateway answered ${response.status}.`);
  const decoder = new TextDecoder();
  let text = "";
  let isFirst = true;
  for await (const chunk of response.body) {
    text += decoder.decode(chunk, { stream: true });
    for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
      const frame = text.slice(0, end);
      text = text.slice(end + 2);
      const ms = millisecondsSince(frame);
      if (ms !== null) latencies.push(ms);
      else if (isFirst && frame.includes("event: run.created")) {
        isFirst = false;
        connected += 1;
        if (connected === count) process.send?.("connected");
      }
    }
  }
}

await Promise.all(Array.from({ length: count }, follow));
process.send?.(latencies);
