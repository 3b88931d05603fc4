import { describe, expect, test } from "bun:test";
import { byCluster, type NamedEndpoint } from "./endpoint.ts";

const endpoint = (id: number) => ({ id, name: `e${id}`, domain: null, ip_address: "10.0.0.1", enabled: true });
const named = (id: number, cluster: string): NamedEndpoint => ({ endpoint: endpoint(id), cluster });
const broken = (id: number): NamedEndpoint => ({ endpoint: endpoint(id), error: new Error(`e${id} is down`) });

describe("byCluster", () => {
  test.each([
    ["lab", [named(1, "lab"), named(2, "prod")], 1],
    ["Prod ", [named(1, "lab"), named(2, "PROD")], 2],
    ["lab", [broken(2), named(1, "lab")], 1],
  ])("%s", (name, endpoints, id) => expect(byCluster(endpoints, name).id).toBe(id));

  test.each([
    [
      "none has it: those that there are",
      [named(1, "lab"), named(2, "prod")],
      { answer: 404, message: /serves a cluster nope/, next: "Known: lab, prod." },
    ],
    ["one could not be read: it may be that one", [named(1, "lab"), broken(2)], { message: /e2 is down/ }],
    ["there is no endpoint", [], { answer: 404, message: /no enabled Proxmox endpoint/ }],
  ])("%s", (_, endpoints, { message, ...rest }) => {
    expect(() => byCluster(endpoints, "nope")).toThrow(
      expect.objectContaining({ ...rest, message: expect.stringMatching(message) }),
    );
  });

  test("two have it: neither is guessed", () => {
    expect(() => byCluster([named(1, "lab"), named(2, "lab")], "lab")).toThrow(
      expect.objectContaining({ answer: 409, message: expect.stringContaining("(1, 2)") }),
    );
  });
});
