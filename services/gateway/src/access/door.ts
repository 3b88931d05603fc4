import { RequestError } from "../errors.ts";
import type { GatewayParts } from "../parts.ts";
import { refusals } from "./auth.ts";

/** What decides who may enter: the keys that there are, and who tried wrong ones. */
export type Door = Pick<GatewayParts, "keys" | "lockouts" | "log">;

/**
 * Lets a caller with a valid key pass. Throws RequestError 401 for a wrong key, which is counted, and for a missing one,
 * which is not: the plugin's logs page asks from a browser that has none, perhaps from NetBox's own address. 429 with
 * Retry-After for who is locked out.
 */
export async function admit({ keys, lockouts, log }: Door, source: string, key: string): Promise<void> {
  const { known } = await keys.verify(key);
  if (known === "no-keys") throw new RequestError(401, "no_api_key", refusals.noKey);
  if (known === "ok") {
    if (await lockouts.seemsLocked(source, key)) throw lockedOut();
    return;
  }
  if (key === "") throw new RequestError(401, "unauthorized", refusals.missing);
  if (await lockouts.isLocked(source, key)) throw lockedOut();
  const left = await lockouts.fail(source, key);
  log.warn({ event: "key.refused", source, left }, `A wrong API key came from ${source}; ${left} attempts are left.`);
  throw new RequestError(401, "unauthorized", refusals.wrong(left));
}

function lockedOut(): RequestError {
  return new RequestError(429, "locked_out", refusals.locked, { headers: { "retry-after": "300" } });
}
