import { check, decode } from "@proxbox/contracts/envelope";
import type { WireError } from "@proxbox/contracts/errors";
import { StageItem } from "@proxbox/contracts/messages";
import { names } from "@proxbox/contracts/streams";
import type { Bus } from "@proxbox/runtime/bus";
import type { Metrics } from "@proxbox/runtime/metrics";
import { resultOf } from "@proxbox/runtime/results";
import { type Static, Type } from "@sinclair/typebox";
import type { Publisher } from "./publisher.ts";

/** What nats-server says of a message that it delivers no more (MAX_DELIVERIES, MSG_TERMINATED; the fields we use). */
const Advisory = Type.Object(
  { stream: Type.String(), consumer: Type.String(), stream_seq: Type.Integer(), deliveries: Type.Integer() },
  { $id: "Advisory" },
);
type Advisory = Static<typeof Advisory>;

/**
 * Makes a failure of a message that nobody gets any more: the item's result, or the end of the stage. An item leaves the
 * queue with it; a command stays, because a replay reads it back. Repeating it is harmless.
 * Throws ContractError for something that is no advisory.
 */
export async function recordDeadLetter(
  tools: { bus: Bus; publisher: Publisher; metrics: Metrics },
  data: Uint8Array,
): Promise<void> {
  const { bus, publisher, metrics } = tools;
  const advisory = check(Advisory, JSON.parse(new TextDecoder().decode(data)));
  const { stream, stream_seq: seq, deliveries } = advisory;
  const message = await bus.attempt(`Reading ${seq} of ${stream}`, () => bus.jsm.streams.getMessage(stream, { seq }));
  if (!message) return;
  const address = addressOf(message.subject);
  if (!address) return;
  const error = errorOf(advisory);
  if (stream === names.items) {
    const of = { key: address.key, endpoint: endpointOf(message.data), ms: 0, deliveries };
    await publisher.result(address, resultOf(of, { objects: [], error }));
    await bus.attempt(`Deleting ${seq} of ${stream}`, () => bus.jsm.streams.deleteMessage(stream, seq, false));
  } else {
    await publisher.stageFact(address, "failed", { error });
  }
  metrics.deadLetters.inc({ stream });
  const { run, stage, attempt, key } = address;
  bus.log.error({ event: "dead-letter.recorded", run, stage, attempt, item: key, deliveries }, error.message);
}

/** `proxbox.item.<domain>.<run>.<stage>.<attempt>.<key>`, or a command, which has no key. */
function addressOf(subject: string) {
  const [, kind, , run, stage, attempt, key = ""] = subject.split(".");
  if (!run || !stage || !attempt || (kind === "item") !== (key !== "")) return null;
  return { run, stage, attempt: Number(attempt), key };
}

/** The endpoint of an item; null also when its message cannot be read, which may be why it is here. */
function endpointOf(data: Uint8Array): number | null {
  try {
    return decode(StageItem, data).data.endpoint;
  } catch {
    return null;
  }
}

function errorOf({ stream, deliveries }: Advisory): WireError {
  const what = stream === names.items ? "The item" : "The stage";
  const times = deliveries === 1 ? "once" : `${deliveries} times`;
  return {
    code: "dead_letter",
    message: `${what} was given out ${times} and never finished.`,
    retryable: true,
    next: "Look for the log lines of this run around that time, then replay the stage.",
  };
}
