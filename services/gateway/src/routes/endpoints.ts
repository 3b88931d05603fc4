import { Problem } from "@proxbox/contracts/http";
import {
  EndpointListQuery,
  ProxmoxEndpointChange,
  ProxmoxEndpointInput,
  ProxmoxEndpointView,
} from "@proxbox/contracts/http-settings";
import { Type } from "@sinclair/typebox";
import { Elysia } from "elysia";
import { viewOfProxmox } from "../endpoints/endpoint-rules.ts";
import type { GatewayParts } from "../parts.ts";
import { describe } from "./describe.ts";
import { readAs } from "./read-as.ts";

const byId = {
  params: Type.Object({ id: Type.Integer({ minimum: 1 }) }),
  transform: readAs({ id: "integer" }),
};

/** The Proxmox endpoints. A change is in force for the next stage that begins. */
export function proxmoxEndpointRoutes({ endpoints, log }: GatewayParts) {
  const changed = (id: number, name: string, what: string) =>
    log.info({ event: "endpoint.changed", endpoint: id, object: name }, `A Proxmox endpoint was ${what}.`);
  return new Elysia()
    .post(
      "/proxmox/endpoints",
      async ({ body }) => {
        const row = await endpoints.addProxmox(body);
        changed(row.id, row.name, "added");
        return viewOfProxmox(row);
      },
      {
        body: ProxmoxEndpointInput,
        ...describe("Add a Proxmox endpoint.", { 200: ProxmoxEndpointView, 400: Problem }),
      },
    )
    .get(
      "/proxmox/endpoints",
      async ({ query: { offset = 0, limit } }) => {
        const rows = await endpoints.proxmox();
        return rows.slice(offset, limit === undefined ? undefined : offset + limit).map(viewOfProxmox);
      },
      {
        query: EndpointListQuery,
        transform: readAs({ offset: "integer", limit: "integer" }),
        ...describe("The Proxmox endpoints, all of them unless limited.", { 200: Type.Array(ProxmoxEndpointView) }),
      },
    )
    .get("/proxmox/endpoints/:id", async ({ params }) => viewOfProxmox(await endpoints.proxmoxOf(params.id)), {
      ...byId,
      ...describe("A Proxmox endpoint.", { 200: ProxmoxEndpointView, 404: Problem }),
    })
    .put(
      "/proxmox/endpoints/:id",
      async ({ params, body }) => {
        const row = await endpoints.changeProxmox(params.id, body);
        changed(row.id, row.name, "changed");
        return viewOfProxmox(row);
      },
      {
        ...byId,
        body: ProxmoxEndpointChange,
        ...describe("Change a Proxmox endpoint; absent keys keep their value.", {
          200: ProxmoxEndpointView,
          400: Problem,
          404: Problem,
        }),
      },
    )
    .delete(
      "/proxmox/endpoints/:id",
      async ({ params }) => {
        await endpoints.removeProxmox(params.id);
        changed(params.id, "", "deleted");
        return { message: "Proxmox endpoint deleted." };
      },
      {
        ...byId,
        ...describe("Delete a Proxmox endpoint.", { 200: Type.Object({ message: Type.String() }), 404: Problem }),
      },
    );
}
