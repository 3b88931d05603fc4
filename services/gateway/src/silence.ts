/** A silence longer than this is broken by a comment, before proxies and clients give the connection up. */
export const heartbeatMs = 10_000;

/** What comes next; null when nothing has come for `ms`. What was awaited goes on, and can be awaited again. */
export async function orSilence<T>(next: Promise<T>, ms: number): Promise<T | null> {
  const silence = Promise.withResolvers<null>();
  const timer = setTimeout(() => silence.resolve(null), ms);
  try {
    return await Promise.race([next, silence.promise]);
  } finally {
    clearTimeout(timer);
  }
}
