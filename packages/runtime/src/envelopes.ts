import { type Author, contractVersion, type Envelope } from "@proxbox/contracts/envelope";

/** What a message belongs to. */
export type Place = { run: string; stage: string; attempt: number; traceparent?: string | undefined };

/** Puts data into the envelope of the message that is published on `subject`. */
export function envelopeOf<T>(subject: string, place: Place, by: Author, data: T): Envelope<T> {
  const { run, stage, attempt, traceparent } = place;
  const ts = new Date().toISOString();
  return {
    v: contractVersion,
    id: subject,
    ts,
    run,
    stage,
    attempt,
    ...(traceparent ? { traceparent } : {}),
    by,
    data,
  };
}
