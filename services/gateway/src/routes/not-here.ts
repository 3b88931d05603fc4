import { Elysia } from "elysia";
import { type NotHere, NotHereBody, notHere, notHereBody } from "../plugin/not-here.ts";
import { describe } from "./describe.ts";

/** What the plugin can ask of others and is not done here: 501, and a sentence that says where it is. */
export function notHereRoutes() {
  const app = new Elysia();
  for (const row of notHere as readonly NotHere[]) {
    const body = notHereBody(row);
    for (const path of row.paths) {
      for (const method of row.methods) {
        app.route(
          method,
          path,
          ({ set }) => {
            set.status = 501;
            return body;
          },
          describe(body.detail, { 501: NotHereBody }),
        );
      }
    }
  }
  return app;
}
