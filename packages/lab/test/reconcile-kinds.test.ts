import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { type SimulatedNetBox, startNetBox } from "@proxbox/lab/netbox/server";
import type { NetBoxClient } from "@proxbox/netbox/client";
import { assignedTo, type Desired, type Ref } from "@proxbox/netbox/desired";
import { reconcile } from "@proxbox/netbox/reconcile";
import { clientOf } from "./direct-client.ts";

const signal = new AbortController().signal;

let netbox: SimulatedNetBox;
let client: NetBoxClient;
let machines: Ref[];
beforeEach(async () => {
  netbox = await startNetBox();
  client = clientOf(netbox);
  machines = await makeMachines();
  netbox.resetCounts();
});
afterEach(() => netbox[Symbol.asyncDispose]());

async function makeMachines(): Promise<Ref[]> {
  const type: Ref = { kind: "cluster-type", identity: { slug: "cluster" } };
  const site: Ref = { kind: "site", identity: { slug: "s1" } };
  const cluster: Ref = { kind: "cluster", identity: { name: "c1", scope_id: site } };
  const desired: Desired[] = [
    { ...type, values: {}, onCreate: { name: "Cluster" }, label: "type" },
    { ...site, values: {}, onCreate: { name: "S1", status: "active" }, label: "site" },
    { ...cluster, values: { type, scope_type: "dcim.site", scope_id: site }, label: "cluster" },
    ...["a", "b"].map(
      (name): Desired => ({
        kind: "virtual-machine",
        identity: { cluster, name },
        values: { status: "active" },
        tags: { add: [] },
        label: name,
      }),
    ),
  ];
  const { ids } = await reconcile(client, desired, { signal });
  return desired.slice(-2).map((entry): Ref => ({ kind: "virtual-machine", id: ids.get(entry) as number }));
}

/** An interface with its MAC address and IPv4 address, both made its and its machine's primary one. */
function network(machine: Ref, name: string, mac: string, address: string): Desired[] {
  const identity = { virtual_machine: machine, name };
  const nic: Ref = { kind: "vm-interface", identity };
  const macIdentity = { ...assignedTo(nic), mac_address: mac };
  const addressIdentity = { ...assignedTo(nic), address };
  return [
    { kind: "vm-interface", identity, values: { enabled: true, mtu: 1_500 }, label: name },
    { kind: "mac-address", identity: macIdentity, values: {}, label: mac },
    {
      kind: "primary-mac",
      identity,
      values: { primary_mac_address: { kind: "mac-address", identity: macIdentity } },
      label: name,
    },
    { kind: "ip-address", identity: addressIdentity, values: { status: "active", dns_name: "" }, label: address },
    {
      kind: "primary-addresses",
      ...("id" in machine ? { id: machine.id } : {}),
      identity: {},
      values: { primary_ip4: { kind: "ip-address", identity: addressIdentity }, primary_ip6: null },
      label: name,
    },
  ];
}

const outcomes = async (desired: Desired[], wanted = client) =>
  (await reconcile(wanted, desired, { signal })).outcomes.map(
    ({ kind, outcome, error }) => `${kind} ${outcome}${error ? ` ${error.code}` : ""}`,
  );

describe("a network in one go", () => {
  test("is made with all that completes it, and the second time nothing is written", async () => {
    const [machine] = machines as [Ref];
    const desired = network(machine, "net0", "bc:24:11:00:00:01", "10.0.0.5/24");
    expect(await outcomes(desired)).toEqual([
      "vm-interface created",
      "mac-address created",
      "primary-mac updated",
      "ip-address created",
      "primary-addresses updated",
    ]);
    const [nic] = await client.readAll("vm-interface", {}, signal);
    const [mac] = await client.readAll("mac-address", {}, signal);
    const [vm] = await client.readAll("virtual-machine", { name: "a" }, signal);
    expect(nic).toMatchObject({ name: "net0", mtu: 1_500, primary_mac_address: { id: mac?.id } });
    expect(vm).toMatchObject({ primary_ip4: { address: "10.0.0.5/24" }, primary_ip6: null });
    netbox.resetCounts();
    expect(await outcomes(desired)).toEqual(desired.map(({ kind }) => `${kind} unchanged`));
    expect(netbox.counts().writes).toBe(0);
  });

  test("an address of another object is never taken over", async () => {
    const [first, second] = machines as [Ref, Ref];
    await outcomes(network(first, "net0", "BC:24:11:00:00:01", "10.0.0.5/24"));
    const results = await outcomes(network(second, "net0", "BC:24:11:00:00:02", "10.0.0.5/24"));
    expect(results.slice(3)).toEqual([
      "ip-address failed netbox_conflict",
      "primary-addresses failed reference_failed",
    ]);
  });

  test("goes again, what refers first", async () => {
    const [machine] = machines as [Ref];
    const desired = network(machine, "net0", "BC:24:11:00:00:01", "10.0.0.5/24");
    const { ids } = await reconcile(client, desired, { signal });
    const gone = desired
      .filter(({ kind }) => !kind.startsWith("primary"))
      .map((entry): Desired => ({ ...entry, id: ids.get(entry) as number, gone: true }));
    netbox.resetCounts();
    expect(await outcomes(gone)).toEqual(["vm-interface deleted", "mac-address deleted", "ip-address deleted"]);
    expect(netbox.counts().writes).toBe(3);
    expect(await client.readAll("ip-address", {}, signal)).toEqual([]);
    expect(await outcomes(gone)).toEqual(gone.map(({ kind }) => `${kind} unchanged`));
  });
});

test("what NetBox keeps fails with its reason, and the rest goes", async () => {
  const [machine] = machines as [Ref];
  const desired = network(machine, "net0", "BC:24:11:00:00:01", "10.0.0.5/24");
  const guest: Desired[] = [
    { kind: "guest-vm-interface", identity: { virtual_machine: machine, name: "eth0" }, values: {}, label: "eth0" },
    {
      kind: "guest-vm-interface-address",
      identity: {
        guest_interface: { kind: "guest-vm-interface", identity: { virtual_machine: machine, name: "eth0" } },
        ip_address: { kind: "ip-address", identity: desired[3]?.identity ?? {} },
      },
      values: {},
      label: "eth0 10.0.0.5/24",
    },
  ];
  const { ids, outcomes: made } = await reconcile(client, [...desired, ...guest], { signal });
  expect(made.every(({ outcome }) => outcome !== "failed")).toBe(true);
  const gone = [desired[3], desired[1]].map(
    (entry): Desired => ({ ...(entry as Desired), id: ids.get(entry as Desired) as number, gone: true }),
  );
  expect(await outcomes(gone)).toEqual(["ip-address failed netbox_protected", "mac-address deleted"]);
});

test("rows that were read already are not read again", async () => {
  const [machine] = machines as [Ref];
  const desired: Desired[] = ["net0", "net1"].map((name) => ({
    kind: "vm-interface",
    identity: { virtual_machine: machine, name },
    values: { enabled: true },
    label: name,
  }));
  await reconcile(client, desired, { signal });
  const rows = { "vm-interface": await client.readAll("vm-interface", {}, signal) };
  netbox.resetCounts();
  const { outcomes: again } = await reconcile(client, desired, { signal, rows });
  expect(again.map(({ outcome }) => outcome)).toEqual(["unchanged", "unchanged"]);
  expect(netbox.counts().requests).toBe(0);
});

test("what is said to be absent is not looked up, and found all the same when it is there", async () => {
  const [machine] = machines as [Ref];
  const nic = (name: string): Desired => ({
    kind: "vm-interface",
    identity: { virtual_machine: machine, name },
    values: { mtu: 9_000 },
    label: name,
  });
  const absent = ["vm-interface"] as const;
  netbox.resetCounts();
  await reconcile(client, [nic("net0")], { signal, absent });
  expect(netbox.counts()).toMatchObject({ reads: 0, writes: 1 });
  await reconcile(client, [{ ...nic("net0"), values: { mtu: 1_500 } }], { signal });
  const { outcomes: again } = await reconcile(client, [nic("net0"), nic("net1")], { signal, absent });
  expect(again.map(({ outcome }) => outcome)).toEqual(["updated", "created"]);
});

test("names are only asked for where slugs find nothing, and a row found both ways is one", async () => {
  const tag = (slug: string, name: string): Desired => ({
    kind: "tag",
    identity: { slug },
    values: {},
    onCreate: { name },
    label: slug,
  });
  const desired = [tag("web", "Web"), tag("db", "Db")];
  await reconcile(client, desired, { signal });
  netbox.resetCounts();
  expect(await outcomes(desired)).toEqual(["tag unchanged", "tag unchanged"]);
  expect(netbox.counts().requests).toBe(1);
  const { ids } = await reconcile(client, [...desired, tag("www", "web")], { signal });
  expect(new Set(ids.values()).size).toBe(2);
});

test("trunks are sets, and bridges go before their ports", async () => {
  const [machine] = machines as [Ref];
  const site: Ref = { kind: "site", identity: { slug: "s1" } };
  const vlan = (vid: number) => ({ kind: "vlan" as const, identity: { site, vid } });
  const vlans = [30, 10, 20].map(
    (vid): Desired => ({
      ...vlan(vid),
      values: {},
      onCreate: { name: `VLAN ${vid}`, status: "active" },
      label: `${vid}`,
    }),
  );
  const port = (tagged: Ref[]): Desired => ({
    kind: "vm-interface",
    identity: { virtual_machine: machine, name: "net0" },
    values: {
      mode: tagged.length > 0 ? "tagged" : null,
      tagged_vlans: tagged,
      untagged_vlan: null,
      bridge: { kind: "vm-interface", identity: { virtual_machine: machine, name: "br0" } },
    },
    label: "net0",
  });
  const bridge: Desired = {
    kind: "vm-interface",
    identity: { virtual_machine: machine, name: "br0" },
    values: {},
    label: "br0",
  };
  const first = [port([vlan(30), vlan(10), vlan(20)]), bridge, ...vlans];
  expect(new Set((await reconcile(client, first, { signal })).outcomes.map(({ outcome }) => outcome))).toEqual(
    new Set(["created"]),
  );
  netbox.resetCounts();
  await outcomes([port([vlan(10), vlan(20), vlan(30)])]);
  expect(netbox.counts().writes).toBe(0);
  expect(await outcomes([port([])])).toEqual(["vm-interface updated"]);
  const [, row] = await client.readAll("vm-interface", {}, signal);
  expect([row?.mode, row?.tagged_vlans]).toEqual([null, []]);
});

describe("the release of NetBox", () => {
  const counted = () => netbox.counts().byPath.status?.GET;
  const fresh = () => clientOf(netbox);
  test("is asked for once, however many want to know it at once", async () => {
    const asking = fresh();
    const known = await Promise.all([1, 2, 3].map(() => asking.status(signal)));
    expect(new Set(known.map(({ version }) => version)).size).toBe(1);
    expect(counted()).toBe(1);
  });

  test("is asked for by another when who asked is called off", async () => {
    const asking = fresh();
    netbox.faults.add({ kind: "delay", ms: 100 });
    const stop = new AbortController();
    const first = asking.status(stop.signal);
    const second = asking.status(signal);
    stop.abort();
    await expect(first).rejects.toThrow("stopped");
    expect((await second).version).toBe("4.6.8");
  });

  test("who waits for another's question can be called off", async () => {
    const asking = fresh();
    netbox.faults.add({ kind: "delay", ms: 100 });
    const first = asking.status(signal);
    await expect(asking.status(AbortSignal.timeout(10))).rejects.toThrow("stopped");
    expect((await first).version).toBe("4.6.8");
    expect(counted()).toBe(1);
  });
});
