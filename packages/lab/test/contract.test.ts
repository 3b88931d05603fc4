import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { ask } from "../src/plugin/backend.ts";
import { absentChecks } from "./contract/absent.ts";
import { doorChecks } from "./contract/doors.ts";
import { endpointChecks } from "./contract/endpoints.ts";
import { individualChecks } from "./contract/individual.ts";
import { pageChecks } from "./contract/pages.ts";
import { readChecks } from "./contract/reads.ts";
import { type CallName, rows } from "./contract/rows.ts";
import { socketChecks } from "./contract/socket.ts";
import { stageChecks } from "./contract/stages.ts";
import { type Check, type ContractWorld, startContractWorld } from "./contract/world.ts";

setDefaultTimeout(30_000);

// A call without a check does not compile.
const checks: Record<CallName, Check> = {
  ...doorChecks,
  ...endpointChecks,
  ...readChecks,
  ...stageChecks,
  ...individualChecks,
  ...pageChecks,
  ...absentChecks,
  ...socketChecks,
};

let world: ContractWorld;

beforeAll(async () => {
  world = await startContractWorld();
});
afterAll(() => world[Symbol.asyncDispose]());

for (const importance of ["essential", "expected", "optional"] as const) {
  describe(`${importance} for the plugin`, () => {
    for (const row of rows.filter((candidate) => candidate.importance === importance))
      test(row.call, () => checks[row.call](world));
  });
}

describe("every address", () => {
  const plain = rows
    .map(({ call }) => call.split(" "))
    .filter(([method, path]) => method === "GET" && !/[{*(]/.test(path ?? ""));
  const paths = plain.map(([, path = ""]) => path).filter((path) => path !== "/" && !path.includes("stream"));

  test("answers the same with a slash at its end as without, and never with a redirect", async () => {
    expect(paths.length).toBeGreaterThan(20);
    for (const path of paths) {
      const bare = path.replace(/\/$/, "");
      const query = { proxmox_endpoint_ids: String(world.ids[0]) };
      const [without, within] = [await send(bare, query), await send(`${bare}/`, query)];
      expect({ path, status: without.status }).toEqual({ path, status: within.status });
      expect([200, 501]).toContain(without.status);
      expect(shapeOf(without.json)).toEqual(shapeOf(within.json));
    }
  });

  test("answers nothing without a key, and says so in words the plugin knows", async () => {
    const open = rows.filter((row) => "open" in row).map(({ call }) => call.split(" ")[1]);
    for (const path of paths.filter((candidate) => !open.includes(candidate))) {
      const answer = await ask(world.plugin.backend, "GET", path, { open: true });
      expect({ path, status: answer.status }).toEqual({ path, status: 401 });
      expect(answer.json).toMatchObject({ detail: expect.stringContaining("API key") });
    }
  });

  test("is an empty list where nothing is configured, and only there", () => {
    for (const { status, json } of Object.values(world.empty))
      expect({ status, json }).toEqual({ status: 200, json: [] });
  });

  test("takes parameters it does not know, and blank ones", async () => {
    const query = { proxmox_endpoint_ids: `${world.ids[0]}`, netbox_branch_schema_id: "", never_heard_of: "x" };
    for (const path of paths) expect([200, 501]).toContain((await send(path, query)).status);
  });
});

function send(path: string, query: Record<string, string>) {
  return world.ask("GET", path, { query });
}

/** What an answer is made of, without the values that change from one second to the next. */
function shapeOf(json: unknown): unknown {
  if (Array.isArray(json)) return json.slice(0, 1).map(shapeOf);
  if (typeof json !== "object" || json === null) return typeof json;
  return Object.fromEntries(Object.entries(json).map(([key, value]) => [key, shapeOf(value)]));
}
