import type { PluginRelease } from "../netbox/models/plugin-parts.ts";
import { ask, type Backend, failureOf } from "./backend.ts";
import {
  leadsTo,
  netboxBody,
  type PluginEndpoint,
  type PluginNetBox,
  proxmoxBody,
  rowName,
  rowsOf,
} from "./endpoint-rows.ts";
import { isObject } from "./frame-parser.ts";

/** Why something could not be done, as the plugin words it in its log; null when it was. */
export type Failure = string | null;

/** Endpoints as the plugin tells them to its backend. 0.0.29 remembers for five minutes what it has pushed. */
export type EndpointPush = {
  netbox(netbox: PluginNetBox): Promise<Failure>;
  /** All rows of the backend; a text when they could not be had. */
  list(): Promise<unknown[] | string>;
  proxmox(endpoint: PluginEndpoint, existing?: readonly unknown[]): Promise<Failure>;
  /** Tells that an endpoint was disabled, as 0.0.29 does when its form is saved; 0.0.24 says nothing. */
  disable(endpoint: PluginEndpoint): Promise<Failure>;
  /** The backend's id of an endpoint; a text when it must not be used. */
  resolve(endpoint: PluginEndpoint): Promise<number | string>;
};

/** The pushes of one release. */
export function endpointPush(backend: Backend, release: PluginRelease): EndpointPush {
  const pushed = new Map<number, { id: number; body: string }>();

  async function list(): Promise<unknown[] | string> {
    const answer = await ask(backend, "GET", "/proxmox/endpoints");
    const failure = failureOf(answer);
    if (failure !== null) return failure;
    return Array.isArray(answer.json) ? answer.json : "The backend's endpoints are no list.";
  }

  /** What was pushed is looked at again by its id, and forgotten when it is gone. */
  async function confirmed(endpoint: PluginEndpoint): Promise<number | null | string> {
    const known = pushed.get(endpoint.pk);
    if (!known || known.body !== JSON.stringify(proxmoxBody(release, endpoint))) return null;
    const answer = await ask(backend, "GET", `/proxmox/endpoints/${known.id}`);
    if (answer.status === 404) {
      pushed.delete(endpoint.pk);
      return null;
    }
    const failure = failureOf(answer);
    if (failure !== null) return failure;
    const isOurs = isObject(answer.json) && rowsOf(release, [answer.json], endpoint).length === 1;
    return isOurs && leadsTo(answer.json as Record<string, unknown>, endpoint)
      ? known.id
      : `The backend's row ${known.id} is not that of ${rowName(endpoint)}.`;
  }

  async function proxmox(endpoint: PluginEndpoint, existing?: readonly unknown[]): Promise<Failure> {
    const known = await confirmed(endpoint);
    if (known !== null) return typeof known === "string" ? known : null;
    const rows = existing ?? (await list());
    if (typeof rows === "string") return rows;
    const [row, ...others] = rowsOf(release, rows, endpoint);
    if (row && others.length > 0 && release !== "0.0.24") {
      const off = { enabled: false, allow_packer_template_builds: false };
      for (const { id } of [row, ...others]) await ask(backend, "PUT", `/proxmox/endpoints/${id}`, { body: off });
      return `Several rows of the backend claim to be nb:${endpoint.pk}.`;
    }
    const body = proxmoxBody(release, endpoint);
    const answer = row
      ? await ask(backend, "PUT", `/proxmox/endpoints/${row.id}`, { body })
      : await ask(backend, "POST", "/proxmox/endpoints", { body });
    const failure = failureOf(answer);
    const id = isObject(answer.json) ? Number(answer.json.id ?? row?.id) : Number(row?.id);
    if (failure === null && release !== "0.0.24" && Number.isInteger(id))
      pushed.set(endpoint.pk, { id, body: JSON.stringify(body) });
    return failure;
  }

  return {
    list,
    proxmox,
    async netbox(netbox) {
      const listed = await ask(backend, "GET", "/netbox/endpoint");
      if (listed.status !== 200 || !Array.isArray(listed.json))
        return failureOf(listed) ?? "The backend's NetBox endpoint is no list.";
      const [row] = listed.json as { id?: unknown }[];
      if (row && row.id === undefined) return "The backend's NetBox endpoint has no id.";
      const body = netboxBody(netbox);
      const answer = row
        ? await ask(backend, "PUT", `/netbox/endpoint/${row.id}`, { body })
        : await ask(backend, "POST", "/netbox/endpoint", { body });
      return answer.status === 200 || answer.status === 201
        ? null
        : (failureOf(answer) ?? `The push was answered with ${answer.status}.`);
    },
    async disable(endpoint) {
      if (release === "0.0.24") return null;
      const rows = await list();
      if (typeof rows === "string") return rows;
      for (const { id } of rowsOf(release, rows, endpoint)) {
        const body = { enabled: false, allow_packer_template_builds: false };
        const failure = failureOf(await ask(backend, "PUT", `/proxmox/endpoints/${id}`, { body }));
        if (failure !== null) return failure;
      }
      return null;
    },
    async resolve(endpoint) {
      const known = await confirmed(endpoint);
      if (known !== null) return known;
      const rows = await list();
      if (typeof rows === "string") return rows;
      const [row, ...others] = rowsOf(release, rows, endpoint);
      if (others.length > 0) return `Several rows of the backend claim to be nb:${endpoint.pk}.`;
      if (!row) return `Proxmox endpoint '${rowName(endpoint)}' is not registered on the backend.`;
      if (!leadsTo(row, endpoint)) return `The backend's row of '${rowName(endpoint)}' leads to another host or port.`;
      return Number.isInteger(row.id) ? row.id : `The backend's row of '${rowName(endpoint)}' has no usable id.`;
    },
  };
}
