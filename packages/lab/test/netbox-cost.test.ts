import { describe, expect, test } from "bun:test";
import { type CostModel, MEASURED } from "../src/netbox/cost.ts";
import { type SimulatedNetBox, startNetBox } from "../src/netbox/server.ts";
import { clientOf, withMachines } from "./netbox-requests.ts";

/** The measured model with round numbers small enough for a test. */
const QUICK: CostModel = { ...MEASURED, read: 20, write: 10, objects: {}, object: 4, crowded: 1, deadlock: 60 };

const took = async (work: () => Promise<unknown>): Promise<number> => {
  const before = performance.now();
  await work();
  return performance.now() - before;
};

const addresses = (third: number) => Array.from({ length: 10 }, (_, at) => ({ address: `10.0.${third}.${at}/32` }));

const interfaces = (name: string, machines: readonly number[]) =>
  machines.map((machine) => ({ virtual_machine: machine, name }));

const postInterfaces = (netbox: SimulatedNetBox, name: string, machines: readonly number[]) =>
  clientOf(netbox)("POST", "virtualization/interfaces/", interfaces(name, machines));

describe("the cost model", () => {
  test("a write takes its base and its objects", async () => {
    await using netbox = await startNetBox({ cost: QUICK });
    const tags = Array.from({ length: 10 }, (_, at) => ({ name: `t${at}`, slug: `t${at}` }));
    expect(await took(() => clientOf(netbox)("POST", "extras/tags/", tags))).toBeGreaterThanOrEqual(40);
  });

  test("a read takes its base", async () => {
    await using netbox = await startNetBox({ cost: QUICK });
    expect(await took(() => clientOf(netbox)("GET", "extras/tags/"))).toBeGreaterThanOrEqual(18);
  });

  test("one worker does one thing at a time", async () => {
    await using netbox = await startNetBox({ cost: { ...QUICK, workers: 1 } });
    const reads = () => Promise.all([1, 2, 3].map(() => clientOf(netbox)("GET", "extras/tags/")));
    expect(await took(reads)).toBeGreaterThanOrEqual(55);
  });

  test("addresses are written one request at a time, whatever the workers", async () => {
    await using netbox = await startNetBox({ cost: { ...QUICK, workers: 4 } });
    const writes = () =>
      Promise.all([1, 2, 3].map((third) => clientOf(netbox)("POST", "ipam/ip-addresses/", addresses(third))));
    expect(await took(writes)).toBeGreaterThanOrEqual(3 * 38);
  });

  test("without one, nothing waits", async () => {
    await using netbox = await startNetBox({ cost: QUICK });
    netbox.setCost(null);
    const writes = () =>
      Promise.all([1, 2, 3].map((third) => clientOf(netbox)("POST", "ipam/ip-addresses/", addresses(third))));
    expect(await took(writes)).toBeLessThan(100);
  });
});

describe("deadlocks", () => {
  const SAVING: CostModel = { ...QUICK, checking: 0, object: 10 };
  const UP = [1, 2, 3, 4];
  const DOWN = UP.toReversed();

  test("two bulks over the same parents in opposite orders: one is given up, nothing of it is written", async () => {
    await using netbox = await startNetBox();
    withMachines(netbox, "a", "b", "c", "d");
    netbox.setCost(SAVING);
    const replies = await Promise.all([postInterfaces(netbox, "n0", UP), postInterfaces(netbox, "n1", DOWN)]);
    expect(replies.map((reply) => reply.status).sort()).toEqual([201, 500]);
    const lost = replies.find((reply) => reply.status === 500);
    expect(lost?.body).toMatchObject({
      exception: "OperationalError",
      error: expect.stringContaining("deadlock detected"),
    });
    expect(netbox.rows("virtualization/interfaces")).toHaveLength(4);
  });

  test("in the same order they only wait", async () => {
    await using netbox = await startNetBox();
    withMachines(netbox, "a", "b", "c", "d");
    netbox.setCost(SAVING);
    const replies = await Promise.all([postInterfaces(netbox, "n0", UP), postInterfaces(netbox, "n1", UP)]);
    expect(replies.map((reply) => reply.status)).toEqual([201, 201]);
  });

  test("a bulk PATCH locks in the order of names, whatever the order of its body", async () => {
    await using netbox = await startNetBox();
    withMachines(netbox, "a", "b", "c", "d");
    netbox.setCost(SAVING);
    const patch = (ids: readonly number[], memory: number) =>
      clientOf(netbox)(
        "PATCH",
        "virtualization/virtual-machines/",
        ids.map((id) => ({ id, memory })),
      );
    const replies = await Promise.all([patch(UP, 1), patch(DOWN, 2)]);
    expect(replies.map((reply) => reply.status)).toEqual([200, 200]);
  });

  // Seen on NetBox 4.6.8: a changed disk changes its VM's sum, a changed interface changes nothing of its VM.
  test.each<[path: string, values: object, last: number]>([
    ["virtualization/virtual-disks", { size: 2 }, 500],
    ["virtualization/interfaces", { mtu: 1400 }, 201],
  ])("a bulk PATCH of %s beside new interfaces of the same VMs in the opposite order", async (path, values, last) => {
    await using netbox = await startNetBox();
    withMachines(netbox, "a", "b", "c", "d");
    for (const machine of UP) {
      const size = path.endsWith("disks") ? { size: 1 } : {};
      netbox.insert(path, { virtual_machine: machine, name: "first", ...size });
    }
    netbox.setCost(SAVING);
    const changes = UP.map((id) => ({ id, ...values }));
    const replies = await Promise.all([
      clientOf(netbox)("PATCH", `${path}/`, changes),
      postInterfaces(netbox, "n0", DOWN),
    ]);
    expect(Math.max(...replies.map((reply) => reply.status))).toBe(last);
  });

  // Seen on NetBox 4.6.8: a type's machines are counted in the type's row.
  test("two bulks of machines of both types in opposite orders meet in a deadlock, in one order they only wait", async () => {
    await using netbox = await startNetBox();
    withMachines(netbox, "a");
    const types = ["qemu", "lxc"].map((slug) =>
      Number(netbox.insert("virtualization/virtual-machine-types", { name: slug, slug }).id),
    );
    netbox.setCost(SAVING);
    const post = (prefix: string, order: readonly number[]) =>
      clientOf(netbox)(
        "POST",
        "virtualization/virtual-machines/",
        order.map((virtual_machine_type) => ({
          name: `${prefix}-${virtual_machine_type}`,
          cluster: 1,
          virtual_machine_type,
        })),
      );
    const clash = await Promise.all([post("m", types), post("n", types.toReversed())]);
    expect(clash.map((reply) => reply.status).sort()).toEqual([201, 500]);
    const queue = await Promise.all([post("o", types), post("p", types)]);
    expect(queue.map((reply) => reply.status)).toEqual([201, 201]);
  });
});
