import { createHash } from "node:crypto";
import type { EstateCluster, EstateGuest, EstateNode, Row, SystemInterface } from "./estate.ts";

/** What a guest agent says of its interfaces; addresses come without their mask, zones stay. */
export function agentInterfaces({ system }: EstateGuest): Row[] {
  return system.interfaces.map(({ name, mac, addresses }) => ({
    name,
    ...(mac === null ? {} : { "hardware-address": mac }),
    ...(addresses.length > 0 ? { "ip-addresses": addresses.map((text) => address(text, "ipv4", "ipv6")) } : {}),
    statistics: { "rx-bytes": 1_048_576, "tx-bytes": 524_288, "rx-errs": 0, "tx-errs": 0 },
  }));
}

/** GET /nodes/{node}/lxc/{vmid}/interfaces of a container that runs. */
export function containerInterfaces({ system }: EstateGuest): Row[] {
  return system.interfaces.map((card) => ({
    name: card.name,
    hwaddr: card.mac ?? "",
    "hardware-address": card.mac ?? "",
    ...firstOf(card, "inet", (text) => !text.includes(":")),
    ...firstOf(card, "inet6", (text) => text.includes(":")),
    "ip-addresses": card.addresses.map((text) => address(text, "inet", "inet6")),
  }));
}

/** A guest's snapshots, with the state it is in as one more: `current`. */
export function snapshotRows(guest: EstateGuest): Row[] {
  const { snapshots, config, status } = guest;
  const parent = snapshots.at(-1)?.name;
  return [
    ...snapshots.map((snapshot) => ({ ...snapshot })),
    {
      name: "current",
      description: "You are here!",
      digest: createHash("sha1").update(JSON.stringify(config)).digest("hex"),
      running: status === "running" ? 1 : 0,
      ...(parent === undefined ? {} : { parent }),
    },
  ];
}

/** The rows of GET /nodes/{node}/qemu. */
export function machineRows({ guests, hidden }: EstateCluster, node: EstateNode): Row[] {
  return [...guests.values()]
    .filter((guest) => guest.type === "qemu" && guest.node === node.name && !hidden.has(guest.vmid))
    .map(({ vmid, name, status, template, config }) => ({
      vmid,
      name: name ?? `VM ${vmid}`,
      status: status === "stopped" ? "stopped" : "running",
      cpus: Number(config.cores ?? 1),
      maxmem: Number(config.memory ?? 512) * 2 ** 20,
      ...(template ? { template: 1 } : {}),
      ...(config.tags === undefined ? {} : { tags: config.tags }),
    }));
}

function firstOf(card: SystemInterface, key: string, fits: (text: string) => boolean): Row {
  const found = card.addresses.find(fits);
  return found === undefined ? {} : { [key]: found };
}

function address(text: string, ipv4: string, ipv6: string): Row {
  const [ip = "", prefix] = text.split("/");
  return { "ip-address": ip, "ip-address-type": ip.includes(":") ? ipv6 : ipv4, prefix: Number(prefix) };
}
