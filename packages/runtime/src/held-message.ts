import { type Msg, type NatsConnection, nanos } from "@nats-io/nats-core";

/** A message of a shared consumer that we hold: nobody else gets it until it is given back or its ack wait is over. */
export type HeldMessage = {
  subject: string;
  data: Uint8Array;
  /** Its place in the stream. */
  seq: number;
  /** How often it was delivered, this time included. */
  deliveries: number;
  /** Done. */
  ack(): void;
  /** Done, and the server has said that it knows. Throws when it has not within 2 s. */
  ackAck(): Promise<void>;
  /** Gives it back, to come again after a while. */
  nak(againInMs: number): void;
  /** Not done yet: the ack wait begins anew. */
  working(): void;
  /** Never to be delivered again. */
  term(): void;
};

/** Takes hold of a delivered message: its acknowledgements as NATS ADR-15 has them. */
export function holdMessage(nc: NatsConnection, message: Msg): HeldMessage {
  const reply = message.reply ?? "";
  const { seq, deliveries } = parseReply(reply);
  const answer = (word: string) => {
    // Without a connection there is nobody to tell; the ack wait will do it.
    if (!nc.isClosed()) nc.publish(reply, word);
  };
  return {
    subject: message.subject,
    data: message.data,
    seq,
    deliveries,
    ack: () => answer("+ACK"),
    ackAck: async () => {
      await nc.request(reply, "+ACK", { timeout: 2_000 });
    },
    nak: (againInMs) => answer(againInMs > 0 ? `-NAK ${JSON.stringify({ delay: nanos(againInMs) })}` : "-NAK"),
    working: () => answer("+WPI"),
    term: () => answer("+TERM"),
  };
}

/**
 * Reads the reply subject of a delivered message, in its old form `$JS.ACK.<stream>.<consumer>.<deliveries>.<seq>...` or
 * the new one with domain and account before the stream.
 */
export function parseReply(reply: string): { seq: number; deliveries: number } {
  const tokens = reply.split(".");
  const first = tokens.length > 9 ? 6 : 4;
  return { deliveries: Number(tokens[first]), seq: Number(tokens[first + 1]) };
}
