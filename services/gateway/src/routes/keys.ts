import { Problem } from "@proxbox/contracts/http";
import { ApiKeyList, ApiKeyView, BootstrapStatus, KeyRegistration, NewApiKey } from "@proxbox/contracts/http-settings";
import { Type } from "@sinclair/typebox";
import { Elysia } from "elysia";
import type { GatewayParts } from "../parts.ts";
import { describe } from "./describe.ts";
import { readAs } from "./read-as.ts";

const byId = {
  params: Type.Object({ id: Type.Integer({ minimum: 1 }) }),
  transform: readAs({ id: "integer" }),
};

/** API keys: the first one, once and without a key; then making, switching and removing them. */
export function keyRoutes({ keys, log }: GatewayParts) {
  const changed = (id: number, what: string) =>
    log.info({ event: "key.changed", object: `API key ${id}` }, `An API key was ${what}.`);
  return new Elysia()
    .get(
      "/auth/bootstrap-status",
      () => keys.status(),
      describe("Whether the first API key is still to be registered.", { 200: BootstrapStatus }),
    )
    .post(
      "/auth/register-key",
      async ({ body, set }) => {
        await keys.register(body.api_key, body.label ?? "");
        changed(1, "registered");
        set.status = 201;
        return { detail: "API key registered." };
      },
      {
        body: KeyRegistration,
        ...describe("Register the first API key; once for ever.", {
          201: Type.Object({ detail: Type.String() }),
          400: Problem,
          409: Problem,
        }),
      },
    )
    .get(
      "/auth/keys",
      async () => ({ keys: await keys.list() }),
      describe("The API keys, newest first.", { 200: ApiKeyList }),
    )
    .post(
      "/auth/keys",
      async ({ set }) => {
        const key = await keys.create();
        changed(key.id, "made");
        set.status = 201;
        return key;
      },
      describe("Make an API key; it is shown in this answer only.", { 201: NewApiKey, 409: Problem }),
    )
    .delete(
      "/auth/keys/:id",
      async ({ params, set }) => {
        await keys.remove(params.id);
        changed(params.id, "deleted");
        set.status = 204;
      },
      { ...byId, ...describe("Delete an API key.", { 204: null, 404: Problem, 409: Problem }) },
    )
    .post(
      "/auth/keys/:id/deactivate",
      async ({ params }) => {
        const key = await keys.deactivate(params.id);
        changed(params.id, "deactivated");
        return key;
      },
      { ...byId, ...describe("Switch an API key off.", { 200: ApiKeyView, 404: Problem, 409: Problem }) },
    )
    .post(
      "/auth/keys/:id/activate",
      async ({ params }) => {
        const key = await keys.activate(params.id);
        changed(params.id, "activated");
        return key;
      },
      { ...byId, ...describe("Switch an API key on.", { 200: ApiKeyView, 404: Problem, 409: Problem }) },
    );
}
