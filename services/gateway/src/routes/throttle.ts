import { settingKeys } from "@proxbox/contracts/endpoints";
import { decode } from "@proxbox/contracts/envelope";
import { ThrottleReport } from "@proxbox/contracts/http";
import { ThrottleView } from "@proxbox/contracts/messages";
import { permitResources } from "@proxbox/contracts/subjects";
import { Elysia } from "elysia";
import type { GatewayParts } from "../parts.ts";
import { describe } from "./describe.ts";

/** What the throttle controller allows NetBox, sees of it, did last and why. */
export function throttleRoutes({ settings }: GatewayParts) {
  return new Elysia().get(
    "/throttle",
    async (): Promise<ThrottleReport> => {
      const found = await Promise.all(permitResources.map((resource) => settings.get(settingKeys.throttle(resource))));
      const resources = found.flatMap((entry) => (entry ? [decode(ThrottleView, entry.value)] : []));
      const silence = "No throttle controller has spoken yet; it does so when an orchestrator is at work.";
      return { resources, message: resources.length > 0 ? null : silence };
    },
    describe("The limits of NetBox requests, what is seen of them, and the last decision.", { 200: ThrottleReport }),
  );
}
