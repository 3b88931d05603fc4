import { passwordInAddress } from "@proxbox/runtime/hide-in-text";

/** What Proxmox itself puts in the place of a password (GET /nodes/{node}/qemu/{vmid}/config, `cipassword`). */
const masked = "**********";

/**
 * Fields that hold a secret wherever they stand. Proxmox VE 9.2 masks or leaves out most; in clear it tells `token` and `key`
 * of GET /cluster/sdn/ipams and /cluster/sdn/dns, and `client-key` of an OpenID realm.
 */
const secretField =
  /^(?:.*passw(?:or)?d|.*secret|token|tokenvalue|token[-_]value|key|(?:client|private|api|encryption)[-_]?key|keyring|ticket|csrfpreventiontoken)$/i;

/**
 * Data of Proxmox without its secrets: who asks for what there is needs none of them, so that they never get into a
 * process, the bus, NetBox or an answer. Also the password in an address, such as `http_proxy` of the datacenter. Pure.
 */
export function withoutSecrets(data: unknown): unknown {
  if (typeof data === "string") return data.includes("://") ? data.replace(passwordInAddress, `$1${masked}@`) : data;
  if (Array.isArray(data)) return data.map(withoutSecrets);
  if (typeof data !== "object" || data === null) return data;
  return Object.fromEntries(
    Object.entries(data).map(([name, value]) => [
      name,
      typeof value === "string" && value !== "" && secretField.test(name) ? masked : withoutSecrets(value),
    ]),
  );
}
