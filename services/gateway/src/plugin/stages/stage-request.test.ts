import { describe, expect, test } from "bun:test";
import { overwriteFlags } from "@proxbox/contracts/sync-options";
import fc from "fast-check";
import { RequestError } from "../../errors.ts";
import { fullUpdatePath, stagePaths } from "./stage-paths.ts";
import { type Configured, stageRequest } from "./stage-request.ts";

const proxmox = [
  { id: 1, name: "alpha (nb:1)", domain: null, ip_address: "10.0.0.1", enabled: true },
  { id: 2, name: "beta (nb:7)", domain: null, ip_address: "10.0.0.2", enabled: true },
  { id: 3, name: "gamma (nb:3)", domain: null, ip_address: "10.0.0.3", enabled: false },
];
const known: Configured = { proxmox, netbox: { id: 1, enabled: true }, usual: {} };
const machines = "/virtualization/virtual-machines";
const at = (path: string) => stagePaths.find((row) => row.path === path) ?? fullUpdatePath;

/** The request that a path and query mean; the last of repeated parameters counts. */
function order(path: string, query = "", more: Partial<Configured> = {}, machine?: string) {
  const read = Object.fromEntries(new URLSearchParams(query));
  return stageRequest(at(path), read, { ...known, ...more }, machine);
}

function refusal(path: string, query: string, more: Partial<Configured> = {}, machine?: string): RequestError {
  try {
    order(path, query, more, machine);
  } catch (error) {
    if (error instanceof RequestError) return error;
    throw error;
  }
  throw new Error(`${path}?${query} was not refused.`);
}

// As the plugin's releases write it, apart from the flags.
const bag =
  "use_guest_agent_interface_name=true&vm_interface_sync_strategy=guest_os_model&fetch_max_concurrency=8" +
  "&ignore_ipv6_link_local_addresses=true&primary_ip_preference=ipv4&parse_description_metadata=false" +
  "&sync_mode_vm=always&sync_mode_vm_template=always&sync_mode_vm_interface=always&sync_mode_mac=always" +
  "&sync_mode_ip_address=always&sync_mode_cluster=always&sync_mode_node=always&sync_mode_storage=always" +
  "&sync_mode_sdn=disabled&sync_mode_sdn_bgp=disabled&proxmox_endpoint_ids=1&netbox_endpoint_ids=4";
const flags = Object.keys(overwriteFlags).map((name) => `&${name}=${name !== "overwrite_vm_platform"}`);
const fullBag = bag + flags.join("");

describe("what the plugin sends to every stage", () => {
  test("means the options as they are by default, of one endpoint", () => {
    const { mode, origin, options } = order("/dcim/devices/create", fullBag);
    const plain = order("/dcim/devices/create", "proxmox_endpoint_ids=1");
    expect({ mode, origin }).toEqual({ mode: "strict", origin: "plugin" });
    expect(options).toEqual(plain.options);
    expect(options.proxmox_endpoint_ids).toEqual([1]);
  });

  test.each(Object.keys(overwriteFlags))("%s is taken over", (name) => {
    for (const value of [true, false]) {
      expect(order("/dcim/devices/create", `${name}=${value}`).options).toMatchObject({ [name]: value });
    }
  });

  test.each([
    ["the run's id is nothing to us", "run_id=7b0c", {}],
    ["unknown parameters", "surprise=1&netbox_endpoint_ids=9", {}],
    [
      "lax truth",
      "overwrite_vm_role=OFF&parse_description_metadata=y",
      { overwrite_vm_role: false, parse_description_metadata: true },
    ],
    [
      "a parameter twice: the last one",
      "primary_ip_preference=ipv4&primary_ip_preference=ipv6",
      { primary_ip_preference: "ipv6" },
    ],
    ["bootstrap_only", "sync_mode_vm=bootstrap_only", { sync_mode_vm: "bootstrap_only" }],
    ["a mode of a later release", "sync_mode_vm=someday", { sync_mode_vm: "always" }],
    ["no MAC addresses", "sync_vm_interface_macs=false&sync_mode_mac=always", { sync_mode_mac: "disabled" }],
    [
      "deletions",
      "delete_nonexistent_backup=true&delete_nonexistent_snapshot=1",
      { delete_nonexistent_backup: true, delete_nonexistent_snapshot: true },
    ],
    ["a branch", "netbox_branch_schema_id=ab12", { netbox_branch_schema_id: "ab12" }],
    ["no branch", "netbox_branch_schema_id=", {}],
    ["a template", "node_device_name_template={cluster}-{node}", { node_device_name_template: "{cluster}-{node}" }],
    ["a preview", "dry_run=true", { dry_run: true }],
    ["no preview", "dry_run=false", {}],
    ["machines, each once", "netbox_vm_ids=9,%207,9", { netbox_vm_ids: [7, 9] }],
  ])("%s", (_, query, wanted) => {
    const plain = order("/dcim/devices/create");
    const request = order("/dcim/devices/create", query);
    expect(request).toEqual({ ...plain, options: { ...plain.options, ...(wanted as object) } });
  });

  test("whatever is sent, it is understood or refused", () => {
    const names = [
      "overwrite_vm_role",
      "netbox_vm_ids",
      "sync_mode_vm",
      "fetch_max_concurrency",
      "proxmox_endpoint_ids",
    ];
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...names, "dry_run", "__proto__", "x"), fc.string()), (query) => {
        try {
          expect(stageRequest(at(`${machines}/create`), query, known).stages[0]).toBe("virtual-machines");
        } catch (error) {
          expect(error).toBeInstanceOf(RequestError);
        }
      }),
    );
  });
});

describe("the stages", () => {
  test.each([
    ["", ["virtual-machines", "task-history", "vm-interfaces", "ip-addresses"]],
    ["sync_task_history=false", ["virtual-machines", "vm-interfaces", "ip-addresses"]],
    ["sync_task_history=false&sync_vm_network=false", ["virtual-machines"]],
    ["sync_task_history=false&assign_vm_interface_ips=false", ["virtual-machines", "vm-interfaces"]],
    ["sync_vm_network=false&assign_vm_interface_ips=true", ["virtual-machines", "task-history"]],
  ])("of the path of virtual machines with %p", (query, stages) => {
    expect(order(`${machines}/create`, query).stages).toEqual(stages);
    expect(order(`${machines}/:id/create`, query, {}, "12").stages).toEqual(stages);
  });

  test("of the other paths are not touched by that", () => {
    expect(order(`${machines}/virtual-disks/create`, "sync_vm_network=true").stages).toEqual(["vm-disks"]);
  });

  test("of a full update are those of a run that names none, and backups that are gone go", () => {
    const { stages, options } = order("/full-update");
    expect([stages.length, stages[0], stages.includes("sdn")]).toEqual([12, "devices", false]);
    expect(options).toMatchObject({ delete_nonexistent_backup: true, delete_nonexistent_snapshot: false });
    expect(order("/full-update", "delete_nonexistent_backup=false").options.delete_nonexistent_backup).toBe(false);
    expect(order("/full-update", "sync_mode_sdn=always").stages).toContain("sdn");
  });

  test("of networks: who asks for them means them", () => {
    expect(order("/proxmox/sdn/create").options.sync_mode_sdn).toBe("always");
    expect(order("/proxmox/sdn/create", "sync_mode_sdn=bootstrap_only").options.sync_mode_sdn).toBe("bootstrap_only");
  });
});

describe("what is chosen", () => {
  test("a machine by its path, before those of the query", () => {
    const { options } = order(`${machines}/:id/create`, "netbox_vm_ids=4,5", {}, "12");
    expect(options.netbox_vm_ids).toEqual([12]);
  });

  test("guests by their number, only where a path takes it", () => {
    expect(order(`${machines}/backups/create`, "vmid=105&node=pve1&storage=pbs").options.vmids).toEqual([105]);
    expect(order(`${machines}/snapshots/create`, "vmid=105").options.vmids).toEqual([105]);
    expect(order(`${machines}/backups/all/create`, "vmid=105").options.vmids).toBeUndefined();
  });

  test("endpoints: none is every one", () => {
    expect(order("/dcim/devices/create").options.proxmox_endpoint_ids).toBeUndefined();
    expect(order("/dcim/devices/create", "source=netbox&proxmox_endpoint_ids=7").options.proxmox_endpoint_ids).toEqual([
      2,
    ]);
    expect(order("/dcim/devices/create", "name=beta (nb:7)").options.proxmox_endpoint_ids).toEqual([2]);
  });

  test("as the gateway's owner wants it, where nothing is said", () => {
    expect(order("/full-update", "", { usual: { delete_orphans: true } }).options.delete_orphans).toBe(true);
  });
});

describe("refused before anything is begun", () => {
  const none = { proxmox: [] };
  test.each([
    ["a truth value", "/dcim/devices/create", "overwrite_vm_role=maybe", 422, ["query", "overwrite_vm_role"]],
    ["a blank one", "/dcim/devices/create", "dry_run=", 422, ["query", "dry_run"]],
    ["one that changes nothing", "/dcim/devices/create", "use_css=x", 422, ["query", "use_css"]],
    [
      "a strategy",
      `${machines}/create`,
      "vm_interface_sync_strategy=none",
      422,
      ["query", "vm_interface_sync_strategy"],
    ],
    ["a family", `${machines}/create`, "primary_ip_preference=IPv6", 422, ["query", "primary_ip_preference"]],
    ["no number", `${machines}/storage/create`, "fetch_max_concurrency=many", 422, ["query", "fetch_max_concurrency"]],
    [
      "none at once",
      `${machines}/snapshots/all/create`,
      "fetch_max_concurrency=0",
      422,
      ["query", "fetch_max_concurrency"],
    ],
    ["a branch", "/dcim/devices/create", "netbox_branch_schema_id=a-b", 422, ["query", "netbox_branch_schema_id"]],
    [
      "a template",
      "/dcim/devices/create",
      "node_device_name_template={x}",
      422,
      ["query", "node_device_name_template"],
    ],
    ["a guest", `${machines}/snapshots/create`, "vmid=web", 422, ["query", "vmid"]],
    ["a NetBox", "/dcim/devices/create", "netbox_id=first", 422, ["query", "netbox_id"]],
  ] as const)("%s that is none: %s?%s", (_, path, query, status, loc) => {
    const { answer, detail } = refusal(path, query);
    expect(answer).toBe(status);
    expect(detail).toMatchObject([{ loc: [...loc] }]);
  });

  const tooMany = Array.from({ length: 1_001 }, (_, id) => id + 1).join(",");
  for (const list of ["", ",", "1,,2", "0", "-1", "1.5", "x", tooMany])
    test(`machines "${list.slice(0, 9)}": with a sentence, which is what the plugin shows`, () => {
      const { answer, detail } = refusal("/dcim/devices/create", `netbox_vm_ids=${list}`);
      expect(answer).toBe(422);
      expect(detail).toMatch(/^netbox_vm_ids m/);
    });

  test.each([
    ["an unknown endpoint", "proxmox_endpoint_ids=9", {}, 404, /no Proxmox endpoint 9/],
    ["a disabled endpoint", "proxmox_endpoint_ids=3", {}, 404, /gamma \(nb:3\)\) is disabled/],
    ["another NetBox", "netbox_id=2", {}, 404, /no NetBox endpoint 2/],
    ["no endpoint at all", "", none, 400, /No Proxmox endpoint is enabled here/],
    ["no NetBox", "", { netbox: null }, 400, /No NetBox endpoint is enabled here/],
    ["a disabled NetBox", "", { netbox: { id: 1, enabled: false } }, 400, /No NetBox endpoint is enabled here/],
  ] as const)("%s", (_, query, more, status, sentence) => {
    expect(refusal("/dcim/devices/create", query, more)).toMatchObject({
      answer: status,
      message: expect.stringMatching(sentence),
    });
  });

  test("a machine in the path that is no number", () => {
    expect(refusal(`${machines}/:id/create`, "", {}, "web")).toMatchObject({
      answer: 422,
      detail: [{ loc: ["path", "netbox_vm_id"] }],
    });
  });
});
