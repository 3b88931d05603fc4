import { NetBoxAPIError } from "@proxbox/runtime/errors";
import type { NetBoxClient } from "../client.ts";

/**
 * Reads some fields of the plugin's settings, which are one row; null when the token may not see them (plugin 0.0.29 asks for
 * a permission of its own). Only what is asked for is sent: `settings/runtime/` would show the plugin's encryption key.
 * Throws NetBoxAPIError as the client does.
 */
export async function readPluginSettings<T extends object>(
  client: NetBoxClient,
  fields: readonly (keyof T & string)[],
  signal: AbortSignal,
): Promise<Partial<T> | null> {
  try {
    const query = { fields: ["id", ...fields].join(",") };
    const [row] = await client.list<Partial<T> & { id: number }>("plugins/proxbox/settings", query, signal);
    return row ?? null;
  } catch (thrown) {
    if (thrown instanceof NetBoxAPIError && thrown.status === 403) return null;
    throw thrown;
  }
}
