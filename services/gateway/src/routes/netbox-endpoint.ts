import { Problem } from "@proxbox/contracts/http";
import {
  EndpointListQuery,
  NetBoxEndpointChange,
  NetBoxEndpointInput,
  NetBoxEndpointView,
} from "@proxbox/contracts/http-settings";
import { Type } from "@sinclair/typebox";
import { Elysia } from "elysia";
import { viewOfNetBox } from "../endpoints/endpoint-rules.ts";
import type { GatewayParts } from "../parts.ts";
import { describe } from "./describe.ts";
import { readAs } from "./read-as.ts";

const byId = {
  params: Type.Object({ id: Type.Integer({ minimum: 1 }) }),
  transform: readAs({ id: "integer" }),
};

/** The one NetBox endpoint. A change is in force for the next stage that begins. */
export function netboxEndpointRoutes({ endpoints, log }: GatewayParts) {
  const changed = (what: string) =>
    log.info({ event: "endpoint.changed", object: "NetBox" }, `The NetBox endpoint was ${what}.`);
  return new Elysia()
    .post(
      "/netbox/endpoint",
      async ({ body }) => {
        const row = await endpoints.addNetBox(body);
        changed("added");
        return viewOfNetBox(row);
      },
      { body: NetBoxEndpointInput, ...describe("Set the NetBox endpoint.", { 200: NetBoxEndpointView, 400: Problem }) },
    )
    .get(
      "/netbox/endpoint",
      async ({ query: { offset = 0, limit = 1 } }) => {
        const row = await endpoints.netbox();
        return row ? [viewOfNetBox(row)].slice(offset, offset + limit) : [];
      },
      {
        query: EndpointListQuery,
        transform: readAs({ offset: "integer", limit: "integer" }),
        ...describe("The NetBox endpoint, as a list of one or none.", { 200: Type.Array(NetBoxEndpointView) }),
      },
    )
    .get("/netbox/endpoint/:id", async ({ params }) => viewOfNetBox(await endpoints.netboxOf(params.id)), {
      ...byId,
      ...describe("The NetBox endpoint.", { 200: NetBoxEndpointView, 404: Problem }),
    })
    .put(
      "/netbox/endpoint/:id",
      async ({ params, body }) => {
        const row = await endpoints.changeNetBox(params.id, body);
        changed("changed");
        return viewOfNetBox(row);
      },
      {
        ...byId,
        body: NetBoxEndpointChange,
        ...describe("Change the NetBox endpoint; absent keys keep their value.", {
          200: NetBoxEndpointView,
          400: Problem,
          404: Problem,
        }),
      },
    )
    .delete(
      "/netbox/endpoint/:id",
      async ({ params }) => {
        await endpoints.removeNetBox(params.id);
        changed("deleted");
        return { message: "NetBox Endpoint deleted." };
      },
      {
        ...byId,
        ...describe("Delete the NetBox endpoint.", { 200: Type.Object({ message: Type.String() }), 404: Problem }),
      },
    );
}
