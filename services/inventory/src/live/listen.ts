import { decode, encode } from "@proxbox/contracts/envelope";
import { LiveAnswer, LiveQuestion, liveReads, liveSubject } from "@proxbox/contracts/live";
import { liveNetbox } from "@proxbox/netbox/session";
import { liveProxmox } from "@proxbox/proxmox/session";
import { answerAsks } from "@proxbox/runtime/answer-asks";
import { startDeadline } from "@proxbox/runtime/deadline";
import { toError } from "@proxbox/runtime/errors";
import type { StageHost } from "@proxbox/runtime/stage-context";
import { failedAnswer, notThere } from "./failures.ts";
import { liveHandlers } from "./handlers.ts";
import type { Live } from "./live.ts";

/** How long before the end of the caller's patience a failure is told, so that it still names the endpoint. */
const marginMs = 300;

/** Answers live reads, each replica its share of them, until `draining`; those in hand are still answered. */
export function listenLive(host: StageHost, draining: AbortSignal): Promise<void> {
  return answerAsks(host.bus, {
    subject: liveSubject,
    queue: "inventory",
    signal: draining,
    handle: async (bytes, _, withinMs) => {
      using deadline = startDeadline(withinMs - marginMs);
      return encode(LiveAnswer, await answerOf(host, bytes, deadline.signal, withinMs - marginMs));
    },
  });
}

async function answerOf(host: StageHost, bytes: Uint8Array, signal: AbortSignal, ms: number): Promise<LiveAnswer> {
  const started = performance.now();
  let name = "unknown";
  let answer: LiveAnswer;
  try {
    const question = decode(LiveQuestion, bytes);
    const read = liveReads.find((each) => each.name === question.name);
    if (!read) throw notThere(`This release knows no live read ${question.name}.`);
    name = read.name;
    answer = { status: 200, body: await liveHandlers[read.name](await liveOf(host, question, signal, ms)) };
  } catch (thrown) {
    answer = failedAnswer(thrown);
    const error = toError(thrown);
    // Below 500 it is the question that was wrong, and whoever asked is told.
    const level = answer.status < 500 ? "debug" : "warn";
    host.log[level]({ event: "live.failed", name, status: answer.status, err: error }, error.message);
  }
  const elapsed = performance.now() - started;
  host.metrics.liveReads.inc({ name, status: String(answer.status) });
  host.metrics.liveReadSeconds.observe({ name }, elapsed / 1_000);
  host.log.debug(
    { event: "live.answered", name, status: answer.status, ms: Math.round(elapsed) },
    "A live read was answered.",
  );
  return answer;
}

async function liveOf(host: StageHost, question: LiveQuestion, signal: AbortSignal, ms: number): Promise<Live> {
  const known = await host.endpoints.proxmox();
  const endpoints = question.endpoints.map((id) => {
    const endpoint = known.find((each) => each.id === id);
    if (endpoint) return endpoint;
    throw notThere(`Proxmox endpoint ${id} was removed or disabled meanwhile.`);
  });
  const ctx = { ...host, shared: <T>(key: string, create: () => T) => host.shared.get(key, create) };
  return {
    endpoints,
    params: question.params,
    signal,
    proxmox: (endpoint) => liveProxmox(ctx, endpoint, ms),
    netbox: async () => {
      const netbox = await host.endpoints.netbox();
      return netbox && liveNetbox({ ...ctx, netbox }, ms);
    },
  };
}
