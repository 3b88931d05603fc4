import type { Json, JsonObject } from "../src/netbox/model.ts";
import type { SimulatedNetBox } from "../src/netbox/server.ts";

/** An answer with its body read. */
export type Reply = { readonly status: number; readonly body: Json };

/** The least client a test of the simulator needs: paths are below `/api/`. */
export type Client = (method: string, path: string, body?: Json) => Promise<Reply>;

/** A client of a simulated NetBox; the superuser's unless another `Authorization` is given. */
export const clientOf =
  (netbox: SimulatedNetBox, authorization = `Token ${netbox.tokens.v1}`): Client =>
  async (method, path, body) => {
    const response = await fetch(`${netbox.url}/api/${path}`, {
      method,
      headers: { Authorization: authorization, "Content-Type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = response.headers.get("Content-Type")?.startsWith("application/json") === true;
    return { status: response.status, body: isJson && text !== "" ? (JSON.parse(text) as Json) : text };
  };

/** The rows of a list. */
export const results = ({ body }: Reply): readonly JsonObject[] =>
  (body as JsonObject).results as readonly JsonObject[];

/** Puts in a cluster "c1" and VMs of these names; ids from 1. */
export const withMachines = (netbox: SimulatedNetBox, ...names: string[]): void => {
  netbox.insert("virtualization/cluster-types", { name: "Proxmox", slug: "proxmox" });
  netbox.insert("virtualization/clusters", { name: "c1", type: 1 });
  for (const name of names) netbox.insert("virtualization/virtual-machines", { name, cluster: 1 });
};
