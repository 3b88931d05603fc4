import type { NetBoxClient } from "@proxbox/netbox/client";
import { ProxboxError } from "@proxbox/runtime/errors";
import { notThere } from "./failures.ts";
import type { Live, LiveHandler } from "./live.ts";
import { vmidOf } from "./params.ts";

/** What NetBox tells of itself, as it does (GET /api/status/). */
export const netboxStatus: LiveHandler = async (live) => (await netboxOf(live)).get("/api/status/", live.signal);

/** The OpenAPI document of NetBox (GET /api/schema/). */
export const netboxOpenApi: LiveHandler = async (live) =>
  (await netboxOf(live)).get("/api/schema/?format=json", live.signal);

/** The virtual machines of NetBox, all of them. */
export const netboxMachines: LiveHandler = async (live) =>
  (await netboxOf(live)).list("virtualization/virtual-machines", {}, live.signal);

/** One virtual machine of NetBox. */
export const netboxMachine: LiveHandler = async (live) => {
  const id = vmidOf(live.params, "id");
  const rows = await (await netboxOf(live)).list<{ id: number }>(
    "virtualization/virtual-machines",
    { id: [id] },
    live.signal,
  );
  const found = rows.find((row) => row.id === id);
  if (!found) throw notThere(`NetBox has no virtual machine ${id}, or the token may not view it.`);
  return found;
};

async function netboxOf(live: Live): Promise<NetBoxClient> {
  const client = await live.netbox();
  if (client) return client;
  throw new ProxboxError("netbox_not_configured", "There is no enabled NetBox endpoint to ask.", {
    next: "Add one with POST /netbox/endpoint or push it from the plugin.",
  });
}
