import type { NetBoxClient } from "@proxbox/netbox/client";
import { NetBoxAPIError, toError } from "@proxbox/runtime/errors";
import type { Live, LiveHandler } from "./live.ts";
import { checkShape, type Findings, readLists } from "./netbox-check-shape.ts";

/**
 * Whether NetBox answers, knows the plugin, and lets our token view what a run reads. What is found is the answer, a
 * NetBox that cannot be reached too.
 */
export const netboxCheck: LiveHandler = async (live) => checkShape(await look(live));

async function look(live: Live): Promise<Findings> {
  try {
    const client = await live.netbox();
    if (!client) return { state: "none" };
    const body = await client.get("/api/status/", live.signal);
    const plugins = (body as { plugins?: Record<string, unknown> } | null)?.plugins ?? {};
    const plugin = typeof plugins.netbox_proxbox === "string" ? plugins.netbox_proxbox : null;
    const lists = plugin === null ? [] : readLists;
    const tried = await Promise.all(lists.map((list) => tryList(client, list, live.signal)));
    const refused = tried.filter((outcome) => typeof outcome === "object");
    return { state: "answered", plugin, refused, unchecked: tried.filter((outcome) => outcome === "late").length };
  } catch (thrown) {
    return { state: "failed", failure: toError(thrown) };
  }
}

type Outcome = "ok" | "late" | { object: string; error: string };

async function tryList(client: NetBoxClient, list: (typeof readLists)[number], signal: AbortSignal): Promise<Outcome> {
  try {
    await client.get(`/api/${list.path}/?limit=1&fields=id`, signal);
    return "ok";
  } catch (thrown) {
    if (signal.aborted || (thrown instanceof NetBoxAPIError && thrown.overload)) return "late";
    // A list that this release of NetBox or the plugin does not have is none that a run would read.
    if (thrown instanceof NetBoxAPIError && thrown.status === 404) return "ok";
    if (!(thrown instanceof NetBoxAPIError) || thrown.code !== "netbox_forbidden") throw thrown;
    return { object: list.permission, error: thrown.message };
  }
}
