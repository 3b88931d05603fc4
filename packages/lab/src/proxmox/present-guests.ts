import { createHash } from "node:crypto";
import type { EstateGuest, Row, SystemInterface } from "./estate.ts";

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

function firstOf(card: SystemInterface, key: string, fits: (text: string) => boolean): Row {
  const found = card.addresses.find(fits);
  return found === undefined ? {} : { [key]: found };
}

function address(text: string, ipv4: string, ipv6: string): Row {
  const [ip = "", prefix] = text.split("/");
  return { "ip-address": ip, "ip-address-type": ip.includes(":") ? ipv6 : ipv4, prefix: Number(prefix) };
}
