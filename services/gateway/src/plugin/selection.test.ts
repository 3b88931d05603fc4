import { describe, expect, test } from "bun:test";
import { RequestError } from "../errors.ts";
import { type SelectionQuery, selectEndpoints } from "./selection.ts";

const rows = [
  { id: 1, name: "alpha (nb:1)", domain: "alpha.example.com", ip_address: "10.0.0.1", enabled: true },
  { id: 2, name: "beta (nb:7)", domain: null, ip_address: "10.0.0.2", enabled: true },
  { id: 3, name: "gamma", domain: null, ip_address: "10.0.0.3", enabled: false },
];

describe("the endpoints that a query means", () => {
  const cases: [string, SelectionQuery, number[]][] = [
    ["nothing said: all that are enabled", {}, [1, 2]],
    ["blank ids: all", { proxmox_endpoint_ids: " " }, [1, 2]],
    ["ids of ours, in our order, each once", { proxmox_endpoint_ids: "2, 1,2" }, [1, 2]],
    ["the plugin's parameter wins", { proxmox_endpoint_ids: "1", endpoint_ids: "2" }, [1]],
    ["the older parameter", { endpoint_ids: "2" }, [2]],
    ["ids of NetBox", { source: "netbox", proxmox_endpoint_ids: "7" }, [2]],
    ["ids go before names", { proxmox_endpoint_ids: "1", name: "beta (nb:7)" }, [1]],
    ["by name", { name: "beta (nb:7)" }, [2]],
    ["by the number in a name that was changed", { name: "renamed (nb:7)" }, [2]],
    ["by target_name", { source: "database", target_name: "alpha (nb:1)" }, [1]],
    ["by domain", { domain: "alpha.example.com" }, [1]],
    ["by address before domain", { ip_address: "10.0.0.2", domain: "alpha.example.com" }, [2]],
  ];
  for (const [title, query, ids] of cases)
    test(title, () => expect(selectEndpoints(query, rows).map(({ id }) => id)).toEqual(ids));
});

describe("a query that means no endpoint", () => {
  const cases: [string, SelectionQuery, number, RegExp][] = [
    ["an unknown id", { proxmox_endpoint_ids: "9" }, 404, /no Proxmox endpoint 9\. Enabled: 1 \(alpha \(nb:1\)\)/],
    ["a disabled one", { proxmox_endpoint_ids: "3" }, 404, /\(gamma\) is disabled/],
    ["an unknown name", { name: "delta" }, 404, /the name delta/],
    ["no number", { proxmox_endpoint_ids: "1,x" }, 400, /"x" is none/],
    ["zero", { proxmox_endpoint_ids: "0" }, 400, /positive/],
    ["an empty entry", { proxmox_endpoint_ids: "1,,2" }, 400, /positive/],
    ["too many", { proxmox_endpoint_ids: Array.from({ length: 101 }, (_, index) => index + 1).join(",") }, 400, /100/],
    ["an unknown source", { source: "file" }, 400, /source/],
  ];
  for (const [title, query, status, sentence] of cases)
    test(title, () => {
      const thrown = (() => {
        try {
          return selectEndpoints(query, rows);
        } catch (error) {
          return error;
        }
      })();
      expect(thrown).toBeInstanceOf(RequestError);
      expect(thrown).toMatchObject({ answer: status, message: expect.stringMatching(sentence) });
    });
});
