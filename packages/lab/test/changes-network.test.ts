import { afterAll, afterEach, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { buildEstate } from "../src/proxmox/build-estate.ts";
import * as change from "../src/proxmox/change.ts";
import * as network from "../src/proxmox/change-network.ts";
import type { EstateCluster, Row } from "../src/proxmox/estate.ts";
import { hangingAgent } from "../src/proxmox/faults.ts";
import { type FollowedScene, type Following, skippedIn, startFollowed } from "./followed-scene.ts";
import { findRow, seen } from "./seen.ts";

setDefaultTimeout(60_000);

const addresses = "ipam/ip-addresses";
const interfaces = "virtualization/interfaces";
const machines = "virtualization/virtual-machines";

let followed: FollowedScene;
let cluster: EstateCluster;

/** Of plain guests, numbered from 501, each has one card and one address. */
const plain = (vmid: number) => `frankfurt/qemu/${vmid}`;
const addressOf = (vmid: number) => `10.64.2.${vmid - 499}/24`;

beforeAll(async () => {
  const estate = buildEstate({ seed: 8, clusters: 1, nodes: 3, guests: 15, standalone: 0 });
  [cluster] = estate.clusters as [EstateCluster];
  for (let vmid = 501; vmid <= 520; vmid++) change.create(cluster, vmid, `plain-${vmid}`);
  followed = await startFollowed(estate);
});
afterEach(() => followed.expectNoWrites());
afterAll(() => followed[Symbol.asyncDispose]());

describe("a card", () => {
  test("comes with its MAC address, VLANs and addresses, and goes with them", async () => {
    const options = "bridge=vmbr1,tag=77,trunks=78;80-81,mtu=9000";
    const key = network.addNic(cluster, 501, {
      model: "vmxnet3",
      options,
      addresses: ["10.9.1.1/24", "2001:db8:9::1/64"],
    });
    await followed.follow();
    expect(seen(followed.scene.netbox)[interfaces]?.[`${plain(501)}/${key}`]).toMatchObject({
      mode: "tagged",
      tagged_vlans: [78, 80, 81].map((vid) => `proxmox-default-site-frankfurt/${vid}`),
    });
    network.removeNic(cluster, 501, key);
    await followed.follow();
    expect(seen(followed.scene.netbox)[addresses]?.["10.9.1.1/24"]).toBeUndefined();
  });

  test.each([
    ["loses its VLAN", "virtio=BC:24:11:00:1F:60,bridge=vmbr0,tag=10", "virtio=BC:24:11:00:1F:60,bridge=vmbr0"],
    ["is unplugged", "virtio=BC:24:11:00:1F:60,bridge=vmbr0", "virtio=BC:24:11:00:1F:60,bridge=vmbr0,link_down=1"],
    [
      "goes to another bridge",
      "virtio=BC:24:11:00:1F:60,bridge=vmbr0",
      "virtio=BC:24:11:00:1F:60,bridge=vmbr1,mtu=1400",
    ],
    ["changes its model", "virtio=BC:24:11:00:1F:60,bridge=vmbr0", "e1000e=BC:24:11:00:1F:60,bridge=vmbr0,trunks=5;6"],
  ])("%s", async (_, before, after) => {
    change.configure(cluster, 502, { net0: before });
    await followed.follow();
    change.configure(cluster, 502, { net0: after });
    await followed.follow();
    change.configure(cluster, 502, { net0: before });
    await followed.follow();
  });

  test("gets another MAC address", async () => {
    const guest = cluster.guests.get(503);
    const [card] = guest?.system.interfaces ?? [];
    if (!card) throw new Error("The estate has changed.");
    change.configure(cluster, 503, { net0: "virtio=BC:24:11:AA:BB:CC,bridge=vmbr0" });
    card.mac = "bc:24:11:aa:bb:cc";
    await followed.follow();
    expect(seen(followed.scene.netbox)["dcim/mac-addresses"]).not.toHaveProperty(
      `${plain(503)}/net0 BC:24:11:00:1F:70`,
    );
  });

  test("swaps its MAC address with another of the same guest", async () => {
    network.addNic(cluster, 504, { card: 1, addresses: ["10.9.4.1/24"] });
    await followed.follow();
    const { net0 = "", net1 = "" } = cluster.guests.get(504)?.config ?? {};
    change.configure(cluster, 504, { net0: net1, net1: net0 });
    await followed.follow();
  });
});

describe("an address", () => {
  test("moves from one guest to another, and back", async () => {
    network.moveAddress(cluster, addressOf(505), 505, 506);
    await followed.follow();
    expect(followed.at(machines, plain(505)).primary_ip4).toBeNull();
    network.moveAddress(cluster, addressOf(505), 506, 505);
    await followed.follow();
    expect(followed.at(machines, plain(505)).primary_ip4).toBe(addressOf(505));
  });

  test("is exchanged between two guests of different nodes", async () => {
    change.migrate(cluster, 508, "pve2");
    network.setAddresses(cluster, 507, "net0", [addressOf(508)]);
    network.setAddresses(cluster, 508, "net0", [addressOf(507)]);
    await followed.follow();
  });

  test("goes from hand to hand along a chain", async () => {
    for (const vmid of [509, 510, 511]) network.setAddresses(cluster, vmid, "net0", [addressOf(vmid + 1)]);
    network.setAddresses(cluster, 512, "net0", []);
    await followed.follow();
    for (const vmid of [509, 510, 511, 512]) network.setAddresses(cluster, vmid, "net0", [addressOf(vmid)]);
    await followed.follow();
  });

  test("is changed, gets a second one beside it, and loses the first", async () => {
    network.setAddresses(cluster, 513, "net0", ["10.9.13.1/24", "10.9.13.2/24", "fe80::1%ens18/64", "169.254.1.1/16"]);
    await followed.follow();
    network.setAddresses(cluster, 513, "net0", ["10.9.13.2/24"]);
    await followed.follow();
    expect(followed.at(machines, plain(513)).primary_ip4).toBe("10.9.13.2/24");
  });

  test("of which only the prefix changes stays the same row", async () => {
    const { id } = findRow(followed.scene.netbox, addresses, addressOf(514));
    network.setAddresses(cluster, 514, "net0", [addressOf(514).replace("/24", "/16")]);
    await followed.follow();
    expect(findRow(followed.scene.netbox, addresses, addressOf(514).replace("/24", "/16")).id).toBe(id);
  });

  test("that two guests have belongs to the one that had it, and both are named, once", async () => {
    network.setAddresses(cluster, 516, "net0", [addressOf(515)]);
    followed.hold(addresses, addressOf(515), { assigned_object: `${plain(515)}/net0`, dns_name: "plain-515" });
    followed.hold(machines, plain(516), { primary_ip4: null });
    const links = "plugins/proxbox/guest-vm-interface-addresses";
    const view = await followed.follow({ drop: [[links, `${plain(516)}/ens18 ${addressOf(515)}`]] });
    const told = (await skippedIn(followed.scene, view, "ip-addresses")).filter((text) => text.includes("plain-516"));
    expect(told).toHaveLength(1);
    expect(told[0]).toContain("plain-515");
    network.setAddresses(cluster, 516, "net0", [addressOf(516)]);
    followed.release(addresses, addressOf(515));
    followed.release(machines, plain(516));
    await followed.follow();
  });

  test("that belongs to an object of others is left to it; one that belongs to nothing is taken over", async () => {
    const { scene, foreign } = followed;
    const theirs = followed.insert(interfaces, {
      virtual_machine: findRow(scene.netbox, machines, plain(517)).id,
      name: "by-hand",
    });
    const taken = followed.insert(addresses, {
      address: "10.9.17.1/24",
      assigned_object_type: "virtualization.vminterface",
      assigned_object_id: theirs.id,
    });
    foreign.push(theirs.url, taken.url);
    const free = followed.insert(addresses, { address: "10.9.18.1/32", status: "reserved" });
    network.setAddresses(cluster, 518, "net0", ["10.9.17.1/24", "10.9.18.1/24"]);
    const links = "plugins/proxbox/guest-vm-interface-addresses";
    const withoutTheirs: Following = {
      drop: [
        [addresses, "10.9.17.1/24"],
        [links, `${plain(518)}/ens18 10.9.17.1/24`],
      ],
    };
    followed.hold(machines, plain(518), { primary_ip4: "10.9.18.1/24" });
    await followed.follow(withoutTheirs);
    expect(findRow(scene.netbox, addresses, "10.9.18.1/24").id).toBe(free.id);
    network.setAddresses(cluster, 518, "net0", ["10.9.18.1/24"]);
    await followed.follow();
    followed.release(machines, plain(518));
  });
});

describe("an agent", () => {
  test("that falls silent or hangs takes nothing away, and what it says later is followed", async () => {
    network.setAgentAnswers(cluster, 519, false);
    await followed.follow();
    expect(followed.at(machines, plain(519)).primary_ip4).toBe(addressOf(519));
    network.setAddresses(cluster, 519, "net0", ["10.9.19.1/24"]);
    network.setAgentAnswers(cluster, 519, true);
    await followed.follow();
  });

  test("that hangs costs its own addresses and nothing else", async () => {
    followed.scene.proxmox[0]?.fault(hangingAgent(520, 100));
    network.setAddresses(cluster, 519, "net0", ["10.9.19.2/24"]);
    const before = structuredClone(followed.at(addresses, addressOf(520)));
    await followed.run();
    followed.scene.proxmox[0]?.clearFaults();
    const now = seen(followed.scene.netbox);
    expect(now[addresses]?.[addressOf(520)]).toEqual(before);
    expect(now[machines]?.[plain(519)]).toMatchObject({ primary_ip4: "10.9.19.2/24" });
    await followed.follow();
  });

  test("names interfaces as it likes: a new name is the same interface", async () => {
    const [card] = cluster.guests.get(520)?.system.interfaces ?? [];
    if (!card) throw new Error("The estate has changed.");
    const rows = "plugins/proxbox/guest-vm-interfaces";
    const { id } = findRow(followed.scene.netbox, rows, `${plain(520)}/ens18`);
    card.name = "lan0";
    await followed.follow();
    expect(findRow(followed.scene.netbox, rows, `${plain(520)}/lan0`).id).toBe(id);
  });
});

describe("a node", () => {
  const interfaceOf = (name: string): Row => {
    const found = cluster.nodes[0]?.interfaces.find(({ iface }) => iface === name);
    if (!found) throw new Error(`There is no interface ${name}.`);
    return found;
  };

  test("gets and loses interfaces, ports, VLANs and addresses", async () => {
    const [node] = cluster.nodes;
    if (!node) throw new Error("The estate has changed.");
    const before = structuredClone(node.interfaces);
    node.interfaces.push(
      { iface: "bond1", type: "bond", slaves: "eno3 eno4", active: 1 },
      { iface: "vmbr7", type: "bridge", bridge_ports: "bond1", active: 1, cidr: "10.8.7.1/24", address: "10.8.7.1" },
      {
        iface: "bond1.70",
        type: "vlan",
        "vlan-id": "70",
        "vlan-raw-device": "bond1",
        active: 1,
        cidr6: "2001:db8:70::1/64",
      },
    );
    await followed.follow();
    node.interfaces = before;
    await followed.follow();
  });

  test("has what is below a VLAN, its number and a card's state changed", async () => {
    Object.assign(interfaceOf("vlan20"), { "vlan-raw-device": "vmbr0", "vlan-id": 21 });
    Object.assign(interfaceOf("eno3"), { active: 1, mtu: 1500, comments: "plugged in\n" });
    Object.assign(interfaceOf("bond0"), { slaves: "eno1", mtu: undefined });
    await followed.follow();
  });

  test("gives an address to another interface, or to another node", async () => {
    const address = interfaceOf("vmbr0.10");
    Object.assign(interfaceOf("vlan20"), { cidr: address.cidr, address: address.address });
    delete address.cidr;
    delete address.address;
    await followed.follow();
    const there = cluster.nodes[1]?.interfaces.find(({ iface }) => iface === "vlan20");
    if (!there) throw new Error("The estate has changed.");
    Object.assign(there, { cidr: interfaceOf("vlan20").cidr });
    delete interfaceOf("vlan20").cidr;
    delete interfaceOf("vlan20").address;
    await followed.follow();
  });
});
