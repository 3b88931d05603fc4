import { describe, expect, test } from "bun:test";
import type { RunOrder } from "@proxbox/contracts/http";
import { gathering } from "./gather.ts";

const order = (vmids?: number[], more: RunOrder["options"] = {}): RunOrder => ({
  stages: ["virtual-machines"],
  options: { proxmox_endpoint_ids: [1], ...(vmids ? { vmids } : {}), ...more },
});

function gatherer() {
  const begun: RunOrder[] = [];
  const begin = async (one: RunOrder) => `run-${begun.push(one)}`;
  return { begun, ask: gathering(begin, 10) };
}

describe("gathering", () => {
  test("orders that differ in their guests share one run", async () => {
    const { begun, ask } = gatherer();
    expect(await Promise.all([ask(order([100])), ask(order([101])), ask(order([100]))])).toEqual([
      "run-1",
      "run-1",
      "run-1",
    ]);
    expect(begun).toEqual([order([100, 101])]);
  });

  test("what concerns no guest is done once for all", async () => {
    const { begun, ask } = gatherer();
    await Promise.all([ask(order()), ask(order())]);
    expect(begun).toEqual([order()]);
  });

  test("other stages, endpoints or options are other runs", async () => {
    const { begun, ask } = gatherer();
    const others = [
      order([100]),
      order([100], { overwrite_vm_role: false }),
      order([100], { proxmox_endpoint_ids: [2] }),
    ];
    await Promise.all([...others, order()].map(ask));
    expect(begun).toHaveLength(4);
  });

  test("who comes later has a run of its own, and so have more guests than a run may name", async () => {
    const { begun, ask } = gatherer();
    const many = Array.from({ length: 101 }, (_, index) => ask(order([100 + index])));
    await Promise.all(many);
    expect(begun.map(({ options }) => options?.vmids?.length)).toEqual([100, 1]);
    expect(await ask(order([100]))).toBe("run-3");
  });

  test("what keeps a run from being asked for is told to all, and to none after them", async () => {
    let broken = true;
    const ask = gathering(async () => {
      if (broken) throw new Error("no bus");
      return "run";
    }, 5);
    const all = await Promise.allSettled([ask(order([100])), ask(order([101]))]);
    expect(all.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    broken = false;
    expect(await ask(order([100]))).toBe("run");
  });
});
