import { Problem } from "@proxbox/contracts/http";
import { Type } from "@sinclair/typebox";
import { Elysia } from "elysia";
import { notFound } from "../errors.ts";
import type { GatewayParts } from "../parts.ts";
import { endpointAt, urlOf } from "../plugin/endpoint-url.ts";
import { describe } from "./describe.ts";

/** Small answers that callers of proxbox-api know, about things that are otherwise here. */
export function extraRoutes({ endpoints }: Pick<GatewayParts, "endpoints">) {
  return new Elysia()
    .get(
      "/extras/extras/custom-fields/create",
      // Plugin 0.0.25 and newer delete the custom fields of proxbox-api: what they held stands in its own tables.
      () => [],
      describe("The custom fields that were made: none ever is.", { 200: null }),
    )
    .post(
      "/extras/custom-fields/reconcile",
      () => ({ ok: true, custom_fields: [] }),
      describe("Custom fields are neither made nor changed, so there is nothing to put right.", { 200: null }),
    )
    .get(
      "/dcim/devices",
      () => ({ message: "Devices are made by GET /dcim/devices/create/stream; NetBox lists them." }),
      describe("Where the devices are.", { 200: null }),
    )
    .get(
      "/proxmox/viewer/schema-status",
      () => ({ available_versions: [], generation_tasks: {} }),
      describe("The generated schemas of Proxmox VE: there are none.", { 200: null }),
    )
    .get(
      "/cloud/proxmox-endpoint/by-url",
      async ({ query }) => {
        const row = endpointAt(query.url, await endpoints.proxmox());
        if (!row) throw notFound(`There is no Proxmox endpoint at ${query.url}.`, "GET /proxmox/endpoints lists them.");
        return { id: row.id, name: row.name, url: urlOf(row) };
      },
      {
        query: Type.Object({ url: Type.String({ maxLength: 2_000 }) }, { additionalProperties: true }),
        ...describe("The Proxmox endpoint at an address.", { 200: null, 400: Problem, 404: Problem }),
      },
    );
}
