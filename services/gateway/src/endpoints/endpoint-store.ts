import { netboxPkOf, StoredNetBoxEndpoint, StoredProxmoxEndpoint, settingKeys } from "@proxbox/contracts/endpoints";
import { decode, encode } from "@proxbox/contracts/envelope";
import type {
  NetBoxEndpointChange,
  NetBoxEndpointInput,
  ProxmoxEndpointChange,
  ProxmoxEndpointInput,
} from "@proxbox/contracts/http-settings";
import type { Bucket } from "@proxbox/runtime/buckets";
import type { Vault } from "@proxbox/runtime/vault";
import { badRequest, notFound } from "../errors.ts";
import { changedNetBox, changedProxmox, idFor, newNetBox, newProxmox } from "./endpoint-rules.ts";
import { checkTarget } from "./targets.ts";

/** The configured endpoints, as they are stored: secrets sealed. Changes throw RequestError 400, 404 or 422. */
export type EndpointStore = {
  /** All, by id. */
  proxmox(): Promise<StoredProxmoxEndpoint[]>;
  proxmoxOf(id: number): Promise<StoredProxmoxEndpoint>;
  addProxmox(sent: ProxmoxEndpointInput): Promise<StoredProxmoxEndpoint>;
  changeProxmox(id: number, sent: ProxmoxEndpointChange): Promise<StoredProxmoxEndpoint>;
  removeProxmox(id: number): Promise<void>;
  /** At most one. */
  netbox(): Promise<StoredNetBoxEndpoint | null>;
  netboxOf(id: number): Promise<StoredNetBoxEndpoint>;
  addNetBox(sent: NetBoxEndpointInput): Promise<StoredNetBoxEndpoint>;
  changeNetBox(id: number, sent: NetBoxEndpointChange): Promise<StoredNetBoxEndpoint>;
  removeNetBox(id: number): Promise<void>;
};

/** The id of the one NetBox endpoint. */
const netboxId = 1;

/** Opens the endpoints kept in PBX_CFG. */
export function openEndpointStore(bucket: Bucket, vault: Vault, allowLoopback: boolean): EndpointStore {
  const seal = (text: string) => vault.seal(text);
  const storedProxmox = async () => {
    const entries = await bucket.list(settingKeys.proxmoxAll);
    const found = entries.map(({ value, revision }) => ({ row: decode(StoredProxmoxEndpoint, value), revision }));
    return found.sort((left, right) => left.row.id - right.row.id);
  };
  const proxmox = async () => (await storedProxmox()).map(({ row }) => row);
  const findProxmox = async (id: number) => {
    const found = await bucket.get(settingKeys.proxmox(id));
    if (!found) throw notFound("Proxmox endpoint not found.");
    return { row: decode(StoredProxmoxEndpoint, found.value), revision: found.revision };
  };
  const findNetBox = async (id: number) => {
    const found = await bucket.get(settingKeys.netbox(id));
    if (!found) throw notFound("NetBox Endpoint not found.");
    return { row: decode(StoredNetBoxEndpoint, found.value), revision: found.revision };
  };

  return {
    proxmox,
    proxmoxOf: async (id) => (await findProxmox(id)).row,
    addProxmox: async (sent) => {
      for (;;) {
        const present = await storedProxmox();
        const pk = netboxPkOf(sent.name);
        // Plugins up to 0.0.28 post an endpoint anew when it was renamed in NetBox; it stays one row.
        const renamed = present.find(({ row }) => pk !== null && netboxPkOf(row.name) === pk && row.name !== sent.name);
        const others = present.flatMap(({ row }) => (row === renamed?.row ? [] : row));
        const row = newProxmox(
          renamed?.row.id ??
            idFor(
              sent.name,
              others.map(({ id }) => id),
            ),
          sent,
          seal,
        );
        checkTarget(row, { allowLoopback });
        checkName(row.name, others);
        const value = text(StoredProxmoxEndpoint, row);
        const key = settingKeys.proxmox(row.id);
        const revision = renamed ? await bucket.update(key, value, renamed.revision) : await bucket.create(key, value);
        if (revision !== null) return row;
      }
    },
    changeProxmox: async (id, sent) => {
      for (;;) {
        const { row: stored, revision } = await findProxmox(id);
        const row = changedProxmox(stored, sent, seal);
        checkTarget(row, { allowLoopback });
        if (row.name !== stored.name) {
          checkName(
            row.name,
            (await proxmox()).filter((other) => other.id !== id),
          );
        }
        const key = settingKeys.proxmox(id);
        if ((await bucket.update(key, text(StoredProxmoxEndpoint, row), revision)) !== null) return row;
      }
    },
    removeProxmox: async (id) => {
      await findProxmox(id);
      await bucket.delete(settingKeys.proxmox(id));
    },
    netbox: async () => {
      const found = await bucket.get(settingKeys.netbox(netboxId));
      return found && decode(StoredNetBoxEndpoint, found.value);
    },
    netboxOf: async (id) => (await findNetBox(id)).row,
    addNetBox: async (sent) => {
      const row = newNetBox(netboxId, sent, seal);
      checkTarget(row, { allowLoopback });
      if ((await bucket.create(settingKeys.netbox(netboxId), text(StoredNetBoxEndpoint, row))) !== null) return row;
      throw badRequest("Only one NetBox endpoint is allowed");
    },
    changeNetBox: async (id, sent) => {
      for (;;) {
        const { row: stored, revision } = await findNetBox(id);
        const row = changedNetBox(stored, sent, seal);
        checkTarget(row, { allowLoopback });
        if ((await bucket.update(settingKeys.netbox(id), text(StoredNetBoxEndpoint, row), revision)) !== null)
          return row;
      }
    },
    removeNetBox: async (id) => {
      await findNetBox(id);
      await bucket.delete(settingKeys.netbox(id));
    },
  };
}

// One row for each endpoint of NetBox: two with the same number in their names would both be refused by the plugin.
function checkName(name: string, others: readonly StoredProxmoxEndpoint[]): void {
  const pk = netboxPkOf(name);
  const twin = others.find((row) => row.name === name || (pk !== null && netboxPkOf(row.name) === pk));
  if (!twin) return;
  throw badRequest(
    twin.name === name
      ? `A Proxmox endpoint with the name ${name} exists already (id ${twin.id}).`
      : `The Proxmox endpoint ${twin.name} (id ${twin.id}) has the same NetBox number as ${name}.`,
  );
}

function text(schema: Parameters<typeof encode>[0], row: object): string {
  return new TextDecoder().decode(encode(schema, row));
}
