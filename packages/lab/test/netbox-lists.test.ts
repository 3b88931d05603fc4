import { expect, test } from "bun:test";
import { startNetBox } from "../src/netbox/server.ts";
import { clientOf, results, withMachines } from "./netbox-requests.ts";

test("10,000 VMs are listed in pages, in natural order, without holes", async () => {
  await using netbox = await startNetBox();
  withMachines(netbox);
  const client = clientOf(netbox);
  const bodies = Array.from({ length: 10_000 }, (_, at) => ({ name: `vm-${at}`, cluster: 1 }));
  expect((await client("POST", "virtualization/virtual-machines/", bodies)).status).toBe(201);
  const names: unknown[] = [];
  for (let offset = 0; offset < 10_000; offset += 1000) {
    const page = await client("GET", `virtualization/virtual-machines/?limit=1000&offset=${offset}&fields=id,name`);
    names.push(...results(page).map((row) => row.name));
  }
  expect(names).toEqual(bodies.map((body) => body.name));
});

test("a NetBox before 4.6 has no VM types, cursors or ETags", async () => {
  await using netbox = await startNetBox({ version: "4.5.8" });
  withMachines(netbox, "a", "b");
  const client = clientOf(netbox);
  expect((await client("GET", "virtualization/virtual-machine-types/")).status).toBe(404);
  const page = await client("GET", "virtualization/virtual-machines/?start=2&limit=1");
  expect(page.body).toMatchObject({ count: 2, results: [{ id: 1 }] });
  expect(results(page)[0]).not.toHaveProperty("virtual_machine_type");
  const one = await fetch(`${netbox.url}/api/virtualization/virtual-machines/1/`, {
    headers: { Authorization: `Token ${netbox.tokens.v1}` },
  });
  expect(one.headers.get("ETag")).toBeNull();
});

test("lists follow what was written between two reads", async () => {
  await using netbox = await startNetBox();
  withMachines(netbox, "b", "d");
  const client = clientOf(netbox);
  const names = async () =>
    results(await client("GET", "virtualization/virtual-machines/?fields=name")).map((row) => row.name);
  expect(await names()).toEqual(["b", "d"]);
  await client("POST", "virtualization/virtual-machines/", { name: "c", cluster: 1 });
  await client("PATCH", "virtualization/virtual-machines/2/", { name: "a" });
  expect(await names()).toEqual(["a", "b", "c"]);
  await client("DELETE", "virtualization/virtual-machines/1/");
  expect(await names()).toEqual(["a", "c"]);
});
