import { readSdn, type Sdn } from "@proxbox/proxmox/resources/sdn";
import { readRouting } from "@proxbox/proxmox/resources/sdn-routing";
import { ProxmoxAPIError } from "@proxbox/runtime/errors";
import { askClusters, type Site } from "./ask-all.ts";
import type { LiveHandler } from "./live.ts";
import { wordOf } from "./params.ts";
import { routeMapRow, type SdnPart, sdnPartNames, sdnShape } from "./sdn-shape.ts";

/** One part of software-defined networking, of all endpoints in one list; nothing of servers that have none. */
export const sdn: LiveHandler = async (live) => {
  const part = wordOf(live.params, "part", sdnPartNames);
  const answers = await askClusters(live, async (site) => {
    if (part === "route-maps" || part === "prefix-lists") return routingOf(site, part);
    const answer = await readSdn(site.client, site.signal);
    return answer.state === "none" ? [] : rowsOf(site, part, answer.sdn);
  });
  return answers.flat();
};

async function routingOf({ endpoint, name, client, signal }: Site, part: "route-maps" | "prefix-lists") {
  const { routeMaps, prefixLists } = await readRouting(client, signal);
  const owner = { id: endpoint.id, cluster: name };
  if (part === "route-maps") return routeMaps.map((entry) => sdnShape(part, owner, entry.raw, routeMapRow(entry)));
  return prefixLists.map(({ raw, ...entry }) => sdnShape(part, owner, raw, entry));
}

function rowsOf({ endpoint, name, client }: Site, part: Exclude<SdnPart, "route-maps" | "prefix-lists">, read: Sdn) {
  const [unread] = read.unread;
  // A list without the subnets that could not be read would be taken for the whole.
  if (part === "subnets" && unread) {
    throw new ProxmoxAPIError(
      "proxmox_error",
      `The subnets of ${unread.vnet} at ${client.name} could not be read: ${unread.reason}`,
      {
        object: `endpoint ${client.name}`,
      },
    );
  }
  const owner = { id: endpoint.id, cluster: name };
  const rows =
    part === "subnets"
      ? read.subnets.map(({ raw, vnet, zone }) => ({ ...raw, vnet, zone }))
      : read[part].map(({ raw }) => raw);
  return rows.map((row) => sdnShape(part, owner, row));
}
