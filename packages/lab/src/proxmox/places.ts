import { createHash } from "node:crypto";
import type { EstateCluster, EstateGuest, EstateNode } from "./estate.ts";
import { denied, Refusal } from "./refusal.ts";

/** A node by its name; a Refusal, in the words of Proxmox, when there is none. */
export function nodeOf(cluster: EstateCluster, name: string | undefined): EstateNode {
  const node = cluster.nodes.find((candidate) => candidate.name === name);
  if (!node) throw new Refusal(500, `hostname lookup '${name}' failed - failed to get address info`);
  return node;
}

/** A guest at its place; a Refusal when it is not there, or may not be seen. */
export function guestAt(
  cluster: EstateCluster,
  params: Record<string, string>,
  type: EstateGuest["type"],
): EstateGuest {
  const vmid = Number(params.vmid);
  if (cluster.hidden.has(vmid)) throw denied(`/vms/${vmid}`, "VM.Audit");
  const guest = cluster.guests.get(vmid);
  if (guest?.node === params.node && guest?.type === type) return guest;
  const file = type === "qemu" ? "qemu-server" : "lxc";
  throw new Refusal(500, `Configuration file 'nodes/${params.node}/${file}/${params.vmid}.conf' does not exist`);
}

/** What a configuration file holds, with the digest of the file. */
export function withDigest(config: object): object {
  return { ...config, digest: createHash("sha1").update(JSON.stringify(config)).digest("hex") };
}
