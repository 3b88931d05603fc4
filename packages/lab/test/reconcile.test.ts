import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { type SimulatedNetBox, startNetBox } from "@proxbox/lab/netbox/server";
import type { NetBoxClient } from "@proxbox/netbox/client";
import type { Desired, Ref } from "@proxbox/netbox/desired";
import { makePlan, reconcile } from "@proxbox/netbox/reconcile";
import { isTemporaryName } from "@proxbox/netbox/temporary-name";
import fc from "fast-check";
import { clientOf } from "./direct-client.ts";

const signal = new AbortController().signal;
const machines = "virtualization/virtual-machines";
const sidecars = "plugins/proxbox/sync-state/virtual-machines";

let netbox: SimulatedNetBox;
beforeEach(async () => {
  netbox = await startNetBox();
});
afterEach(() => netbox[Symbol.asyncDispose]());

/** A client; `before` runs ahead of each request, with the number of requests so far. */
function connect(target: SimulatedNetBox, before: (request: number) => void = () => {}): NetBoxClient {
  let requests = 0;
  return clientOf(target, {
    permit: async (_, permitSignal, work) => {
      before(++requests);
      return work(permitSignal, 0);
    },
    patience: { minDelayMs: 1, maxDelayMs: 5 },
  });
}

const site: Ref = { kind: "site", identity: { slug: "s1" } };
const cluster: Ref = { kind: "cluster", identity: { name: "c1", scope_id: site } };
const machine = (name: string): Ref => ({ kind: "virtual-machine", identity: { cluster, name } });

function support(): Desired[] {
  return [
    {
      kind: "tag",
      identity: { slug: "proxbox" },
      values: {},
      onCreate: { name: "Proxbox", color: "ff5722" },
      label: "Proxbox",
    },
    { kind: "site", identity: { slug: "s1" }, values: {}, onCreate: { name: "S1", status: "active" }, label: "S1" },
    {
      kind: "cluster-type",
      identity: { slug: "cluster" },
      values: {},
      onCreate: { name: "Cluster" },
      label: "Cluster",
    },
    {
      kind: "cluster",
      identity: { name: "c1", scope_id: site },
      values: {
        type: { kind: "cluster-type", identity: { slug: "cluster" } },
        scope_type: "dcim.site",
        scope_id: site,
      },
      tags: { add: ["proxbox"] },
      label: "c1",
    },
  ];
}

function guest(name: string, vmid: number, values: Desired["values"] = {}): Desired[] {
  return [
    {
      kind: "virtual-machine",
      identity: { cluster, name },
      values: { name, cluster, status: "active", ...values },
      tags: { add: ["proxbox"], onCreate: [] },
      label: name,
    },
    {
      kind: "sync-state-virtual-machine",
      identity: { virtual_machine: machine(name) },
      values: { proxmox_vm_id: vmid, proxmox_vm_type: "qemu" },
      label: name,
    },
  ];
}

const slugsOf = (row: Record<string, unknown>) => (row.tags as { slug: string }[]).map(({ slug }) => slug).sort();

const outcomes = async (client: NetBoxClient, desired: Desired[]) =>
  (await reconcile(client, desired, { signal })).outcomes.map(({ name, kind, outcome, error }) =>
    [kind, name, outcome, ...(error ? [error.code] : [])].join(" "),
  );

describe("reconcile", () => {
  test("makes parents and children in one go, and the second time writes nothing", async () => {
    const desired = [...support(), ...guest("web", 100, { vcpus: 1.5, memory: 512 }), ...guest("db", 101)];
    const client = connect(netbox);
    const first = await reconcile(client, desired, { signal });
    expect(new Set(first.outcomes.map(({ outcome }) => outcome))).toEqual(new Set(["created"]));
    expect(first.ids.size).toBe(desired.length);
    netbox.resetCounts();
    const second = await reconcile(client, desired, { signal });
    expect(new Set(second.outcomes.map(({ outcome }) => outcome))).toEqual(new Set(["unchanged"]));
    expect(netbox.counts().writes).toBe(0);
    expect([...second.ids.values()]).toEqual([...first.ids.values()]);
  });

  test("a plan tells the same before anything exists, and writes nothing", async () => {
    const plan = await makePlan(connect(netbox), [...support(), ...guest("web", 100)], { signal });
    expect(netbox.counts().writes).toBe(0);
    expect(plan.steps.map(({ op, kind }) => `${op} ${kind}`)).toEqual([
      "create tag",
      "create site",
      "create cluster-type",
      "create cluster",
      "create virtual-machine",
      "create sync-state-virtual-machine",
    ]);
  });

  test("one guilty object fails with what rests on it, the others land", async () => {
    const desired = [...support(), ...guest("bad", 100, { status: "nope" }), ...guest("good", 101)];
    expect(await outcomes(connect(netbox), desired)).toEqual([
      "tag Proxbox created",
      "site S1 created",
      "cluster-type Cluster created",
      "cluster c1 created",
      "virtual-machine bad failed netbox_refused",
      "sync-state-virtual-machine bad failed reference_failed",
      "virtual-machine good created",
      "sync-state-virtual-machine good created",
    ]);
    const [refused, follows] = (await reconcile(connect(netbox), desired, { signal })).outcomes.slice(4);
    expect(refused?.error?.message).toContain("nope");
    expect(follows?.error?.message).toBe(
      `It was not written because virtual machine bad could not be made: ${refused?.error?.message}`,
    );
  });

  test("names what the token may not do and does the rest", async () => {
    netbox.permissions.deny("v1", "add", sidecars);
    const { outcomes: all } = await reconcile(connect(netbox), [...support(), ...guest("web", 100)], { signal });
    expect(all.map(({ outcome }) => outcome)).toEqual([...Array(5).fill("created"), "failed"]);
    expect(all[5]?.error?.message).toContain("may not add netbox_proxbox.proxboxvirtualmachinesyncstate");
  });

  test("a table that the token may not view costs its own objects and what rests on them, and nothing is made twice", async () => {
    const desired = [...support(), ...guest("web", 100)];
    await reconcile(connect(netbox), desired, { signal });
    netbox.permissions.deny("v1", "view", machines);
    netbox.resetCounts();
    const { outcomes: all } = await reconcile(connect(netbox), desired, { signal });
    expect(all.map(({ outcome }) => outcome)).toEqual([...Array(4).fill("unchanged"), "failed", "failed"]);
    expect(all[4]?.error?.message).toContain("may not view virtualization.virtualmachine");
    expect(all[5]?.error).toMatchObject({
      code: "reference_failed",
      message: expect.stringMatching(/virtual machine .*web.* could not be made: .*may not view virtualization/),
    });
    expect(netbox.counts().writes).toBe(0);
  });

  test("uses a tag that NetBox has under another slug, and never renames or recolours it", async () => {
    const mine = netbox.insert("extras/tags", { name: "Prod", slug: "production-env", color: "123456" });
    const tag: Desired = {
      kind: "tag",
      identity: { slug: "prod" },
      values: {},
      onCreate: { name: "prod", color: "ff0000" },
      label: "prod",
    };
    const [web] = guest("web", 100);
    const desired = [...support(), tag, { ...(web as Desired), tags: { add: ["proxbox", "prod"] } }];
    await reconcile(connect(netbox), desired, { signal });
    expect(netbox.rows(machines).map(slugsOf)).toEqual([["production-env", "proxbox"]]);
    expect(netbox.rows("extras/tags").find(({ id }) => id === mine.id)).toMatchObject({
      name: "Prod",
      color: "123456",
    });
    netbox.resetCounts();
    await reconcile(connect(netbox), desired, { signal });
    expect(netbox.counts().writes).toBe(0);
  });

  test("skips what this release of NetBox does not have", async () => {
    await netbox[Symbol.asyncDispose]();
    netbox = await startNetBox({ version: "4.5.8" });
    const type: Desired = {
      kind: "virtual-machine-type",
      identity: { slug: "q" },
      values: {},
      onCreate: { name: "Q" },
      label: "Q",
    };
    const [web] = guest("web", 100, {
      virtual_machine_type: { kind: "virtual-machine-type", identity: { slug: "q" } },
    });
    const result = await outcomes(connect(netbox), [...support(), type, web as Desired]);
    expect(result.slice(4)).toEqual(["virtual-machine-type Q skipped", "virtual-machine web created"]);
  });

  test("moves a machine to a cluster in another site", async () => {
    const client = connect(netbox);
    await reconcile(client, [...support(), ...guest("web", 100)], { signal });
    const other = netbox.insert("dcim/sites", { name: "S2", slug: "s2" }).id as number;
    const type = netbox.rows("virtualization/cluster-types")[0]?.id as number;
    const scope = { scope_type: "dcim.site", scope_id: other };
    const target = netbox.insert("virtualization/clusters", { name: "c2", type, ...scope }).id as number;
    const id = netbox.rows(machines)[0]?.id as number;
    const values = { name: "web", cluster: { kind: "cluster", id: target } };
    const moved: Desired = {
      kind: "virtual-machine",
      id,
      identity: { cluster: target, name: "web" },
      values,
      label: "web",
    };
    expect(await outcomes(client, [moved])).toEqual(["virtual-machine web updated"]);
    expect(netbox.rows(machines)[0]).toMatchObject({ cluster: { id: target }, site: { id: other } });
  });

  test("a row that vanished after it was recognised fails alone", async () => {
    const gone: Desired = {
      kind: "virtual-machine",
      id: 999,
      identity: { name: "web" },
      values: { name: "web" },
      label: "web",
    };
    expect(await outcomes(connect(netbox), [...support(), gone])).toContain("virtual-machine web failed netbox_gone");
  });
});

describe("someone else writes at the same time", () => {
  /** Puts a machine of this name in, right before ours is sent. */
  const rival = (tags: { slug: string }[]) => {
    let done = false;
    return connect(netbox, () => {
      const row = netbox.rows("virtualization/clusters")[0];
      if (done || !row) return;
      done = true;
      netbox.insert(machines, { name: "WEB", cluster: row.id as number, tags, memory: 7 });
    });
  };

  test("a machine of ours that another replica just made is taken over", async () => {
    const result = await outcomes(rival([{ slug: "proxbox" }]), [...support(), ...guest("web", 100, { memory: 512 })]);
    expect(result.slice(4)).toEqual(["virtual-machine web updated", "sync-state-virtual-machine web created"]);
    expect(netbox.rows(machines)).toMatchObject([{ name: "web", memory: 512 }]);
  });

  test("a machine of an operator is left alone, and no sidecar is hung on it", async () => {
    const result = await outcomes(rival([]), [...support(), ...guest("web", 100, { memory: 512 })]);
    expect(result.slice(4)).toEqual([
      "virtual-machine web failed name_taken",
      "sync-state-virtual-machine web failed reference_failed",
    ]);
    expect(netbox.rows(machines)).toMatchObject([{ name: "WEB", memory: 7 }]);
    expect(netbox.rows(sidecars)).toEqual([]);
  });

  test("two replicas that make the same objects at once both succeed, and each object is there once", async () => {
    const desired = [...support(), ...guest("web", 100), ...guest("db", 101)];
    const all = await Promise.all([1, 2, 3].map(() => outcomes(connect(netbox), desired)));
    expect(all.flat().filter((line) => line.includes(" failed"))).toEqual([]);
    for (const path of ["extras/tags", "dcim/sites", "virtualization/cluster-types", "virtualization/clusters"]) {
      expect(netbox.rows(path).length).toBe(1);
    }
    expect([netbox.rows(machines).length, netbox.rows(sidecars).length]).toEqual([2, 2]);
  });

  test("what a request made whose answer was lost counts as created, once", async () => {
    netbox.faults.add({ kind: "lost-answer", method: "POST", path: machines, times: 1 });
    const result = await outcomes(connect(netbox), [...support(), ...guest("web", 100), ...guest("db", 101)]);
    expect(result.every((line) => line.endsWith(" created"))).toBe(true);
    expect(netbox.rows(machines).length).toBe(2);
  });
});

/** A machine before, and what it should be. `id`: it was recognised already, so it may be renamed and moved. */
type Before = { name: string; cluster: 0 | 1; owned: boolean; status: string; memory: number };
type Wish = { name: string; cluster: 0 | 1; row: number | null; status: string; memory: number | null; tag: boolean };
type World = { before: Before[]; wishes: Wish[]; cut: number };

const name = fc.constantFrom("a", "B", "c", "D", "e", "f 1", "ü");
const which = fc.constantFrom(0 as const, 1 as const);
const status = fc.constantFrom("active", "offline", "planned");
const place = (entry: { name: string; cluster: number }) => `${entry.cluster} ${entry.name.toLowerCase()}`;
const worlds: fc.Arbitrary<World> = fc.record({
  before: fc.uniqueArray(
    fc.record({ name, cluster: which, owned: fc.boolean(), status, memory: fc.constantFrom(1, 2) }),
    { maxLength: 8, selector: place },
  ),
  wishes: fc
    .uniqueArray(
      fc.record({
        name: fc.oneof(name, fc.string({ minLength: 1, maxLength: 70, unit: "grapheme" })),
        cluster: which,
        row: fc.option(fc.nat({ max: 7 })),
        status,
        memory: fc.option(fc.constantFrom(1, 2)),
        tag: fc.boolean(),
      }),
      { maxLength: 8, selector: place },
    )
    .map((wishes) => wishes.map((wish, index) => ({ ...wish, row: firstOf(wishes, index) }))),
  cut: fc.integer({ min: 1, max: 14 }),
});

/** A machine of ours is to go where one of theirs has its name: nothing of ours may hang on theirs, whatever is lost. */
const moveOntoTheirs: World = {
  before: [
    { name: "a", cluster: 0, owned: false, status: "active", memory: 1 },
    { name: "a", cluster: 1, owned: true, status: "active", memory: 1 },
  ],
  wishes: [
    { name: "!", cluster: 0, row: null, status: "active", memory: null, tag: false },
    { name: "a", cluster: 0, row: 1, status: "active", memory: null, tag: false },
  ],
  cut: 7,
};

/** The row a wish names, unless an earlier one names it too. */
function firstOf(wishes: Wish[], index: number): number | null {
  const row = wishes[index]?.row ?? null;
  return wishes.slice(0, index).some((wish) => wish.row === row) ? null : row;
}

function settle(target: SimulatedNetBox, { before, wishes }: World): Desired[] {
  for (const slug of ["proxbox", "operator", "extra"]) target.insert("extras/tags", { name: slug, slug });
  const type = target.insert("virtualization/cluster-types", { name: "t", slug: "t" }).id as number;
  const clusters = ["s1", "s2"].map((slug) => {
    const scope_id = target.insert("dcim/sites", { name: slug, slug }).id as number;
    return target.insert("virtualization/clusters", { name: slug, type, scope_type: "dcim.site", scope_id })
      .id as number;
  });
  const ids = before.map((entry) => {
    const tags = [{ slug: "operator" }, ...(entry.owned ? [{ slug: "proxbox" }] : [])];
    const { name: given, status: state, memory } = entry;
    const home = clusters[entry.cluster] as number;
    return target.insert(machines, { name: given, cluster: home, status: state, memory, comments: "theirs", tags })
      .id as number;
  });
  return wishes.flatMap((wish): Desired[] => {
    const own = wish.row !== null && before[wish.row]?.owned ? ids[wish.row] : undefined;
    const home = clusters[wish.cluster] as number;
    const identity = { cluster: home, name: wish.name };
    return [
      {
        kind: "virtual-machine",
        ...(own === undefined ? {} : { id: own }),
        identity,
        values: { ...identity, status: wish.status, memory: wish.memory },
        tags: { add: ["proxbox", ...(wish.tag ? ["extra"] : [])], own: ["extra"] },
        label: wish.name,
      },
      {
        kind: "sync-state-virtual-machine",
        identity: { virtual_machine: { kind: "virtual-machine", identity } },
        values: { proxmox_vm_name: wish.name, proxmox_status: wish.status },
        label: wish.name,
      },
    ];
  });
}

/** Everything of the machines and sidecars that is not an id or a time. */
function stateOf(target: SimulatedNetBox): unknown[] {
  const show = (row: Record<string, unknown>) => ({
    name: row.name,
    cluster: (row.cluster as { name: string } | null)?.name,
    site: (row.site as { name: string } | null)?.name,
    status: (row.status as { value: string }).value,
    memory: row.memory,
    comments: row.comments,
    tags: slugsOf(row),
    sidecars: target
      .rows(sidecars)
      .filter((sidecar) => (sidecar.virtual_machine as { id: number }).id === row.id)
      .map(({ proxmox_vm_name, proxmox_status }) => [proxmox_vm_name, proxmox_status]),
  });
  return target
    .rows(machines)
    .map(show)
    .sort((left, right) => (JSON.stringify(left) < JSON.stringify(right) ? -1 : 1));
}

const untouched = (target: SimulatedNetBox) => target.rows(machines).filter((row) => !slugsOf(row).includes("proxbox"));

describe("any desired state over any state before", () => {
  test("is reached in one run; the second changes nothing; what is not ours stays as it is", async () => {
    await fc.assert(
      fc.asyncProperty(worlds, async (world) => {
        await using target = await startNetBox();
        const desired = settle(target, world);
        const foreign = untouched(target);
        const client = connect(target);
        const first = await reconcile(client, desired, { signal });
        expect(untouched(target)).toEqual(foreign);
        expect(target.rows(machines).every((row) => !isTemporaryName(row.name as string))).toBe(true);
        expect(target.rows(machines).every((row) => row.comments === "theirs" || row.comments === "")).toBe(true);
        target.resetCounts();
        const second = await reconcile(client, desired, { signal });
        expect(target.counts().changes).toBe(0);
        const good = first.outcomes.every(({ outcome }) => outcome !== "failed");
        if (good) expect(target.counts().writes).toBe(0);
        expect(second.outcomes.filter(({ outcome }) => outcome === "failed").length).toBe(
          first.outcomes.filter(({ outcome }) => outcome === "failed").length,
        );
      }),
      { numRuns: 60 },
    );
  });

  test("is reached all the same after being stopped anywhere, and under faults", async () => {
    const faults = fc.array(
      fc.record({
        kind: fc.constantFrom("lost-answer", "reset", "truncated"),
        method: fc.constantFrom("POST", "PATCH", "GET"),
        times: fc.constant(1),
      }),
      { maxLength: 2 },
    );
    await fc.assert(
      fc.asyncProperty(worlds, faults, async (world, broken) => {
        await using straight = await startNetBox();
        const direct = await reconcile(connect(straight), settle(straight, world), { signal });
        await using target = await startNetBox();
        const desired = settle(target, world);
        const stop = new AbortController();
        const cut = connect(target, (request) => {
          if (request >= world.cut) stop.abort();
        });
        await reconcile(cut, desired, { signal: stop.signal }).catch(() => {});
        for (const fault of broken) target.faults.add(fault);
        const result = await reconcile(connect(target), desired, { signal });
        expect(stateOf(target)).toEqual(stateOf(straight));
        const failed = (all: typeof direct) => all.outcomes.filter(({ outcome }) => outcome === "failed").length;
        expect(failed(result)).toBe(failed(direct));
      }),
      { numRuns: 25, examples: [[moveOntoTheirs, [{ kind: "lost-answer", method: "POST", times: 1 }]]] },
    );
  }, 120_000);
});
