import { Problem } from "@proxbox/contracts/http";
import { type LiveReadName, liveReads } from "@proxbox/contracts/live";
import { Elysia } from "elysia";
import { notFound } from "../errors.ts";
import type { GatewayParts } from "../parts.ts";
import { askLive } from "../plugin/live-answers.ts";
import { type SelectionQuery, selectEndpoints, selectionKeys } from "../plugin/selection.ts";
import { describe } from "./describe.ts";

const answers = { 200: null, 400: Problem, 404: Problem, 502: Problem, 504: Problem };

type LiveParts = Pick<GatewayParts, "bus" | "endpoints">;

/**
 * Every read of what Proxmox or NetBox has now, one route for each row of `liveReads`. The answer of `inventory` goes on as
 * it is; a source that cannot be read is never an empty list.
 */
export function liveRoutes(parts: LiveParts) {
  const app = new Elysia();
  for (const { name, path, from, summary } of liveReads) {
    app.get(
      path.replace(/\{(\w+)\}/g, ":$1"),
      // Made into JSON here: the framework would make an empty answer of null.
      async ({ params = {}, request }) => Response.json(await readLive(parts, { name, from }, params, request)),
      describe(summary, answers, from === "proxmox" ? selectionKeys : []),
    );
  }
  return app.get(
    "/proxmox",
    async ({ request }) => {
      const versions = await readLive(parts, { name: "version", from: "proxmox" }, {}, request);
      return {
        message: "What Proxmox VE has now, read through this backend.",
        clusters: (versions as Record<string, unknown>[]).map(overviewOf),
      };
    },
    describe("The clusters and their versions.", answers, selectionKeys),
  );
}

type Read = { name: LiveReadName; from: "proxmox" | "netbox" };

async function readLive(
  { bus, endpoints }: LiveParts,
  { name, from }: Read,
  params: Record<string, string>,
  request: Request,
): Promise<unknown> {
  const query = Object.fromEntries(new URL(request.url).searchParams);
  const scope = from === "proxmox" ? selectEndpoints(selectionOf(query), await endpoints.proxmox()) : null;
  const asked = from === "proxmox" ? withoutSelection(query) : query;
  return askLive(bus, name, scope, { ...asked, ...readPath(params) }, request.signal);
}

// Some routes of the plugin's dialect name one endpoint by a key of their own.
function selectionOf({ endpoint_id, ...query }: SelectionQuery & { endpoint_id?: string }): SelectionQuery {
  return endpoint_id ? { endpoint_ids: endpoint_id, ...query } : query;
}

// `port` was sent along with an address and never chose anything.
const notForTheSource: readonly string[] = [...selectionKeys, "endpoint_id", "port"];

function withoutSelection(query: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(query).filter(([key]) => !notForTheSource.includes(key)));
}

/** What stood in the path; the rest of a path stays as it was encoded, so that its parts can be told apart. */
function readPath(params: Record<string, string>): Record<string, string> {
  const entries = Object.entries(params).map(([key, value]) => {
    const text = key === "*" ? value.replace(/\/+$/, "") : value;
    if (!text) throw notFound("Not Found");
    return [key === "*" ? "rest" : key, text];
  });
  return Object.fromEntries(entries);
}

function overviewOf(session: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(session).map(([name, version]) => [name, { version }]));
}
