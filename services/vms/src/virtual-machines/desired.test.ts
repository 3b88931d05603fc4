import { describe, expect, test } from "bun:test";
import { SyncOptions } from "@proxbox/contracts/sync-options";
import { Value } from "@sinclair/typebox/value";
import { desiredGuest } from "./desired.ts";
import { desiredRoleMemory } from "./desired-role.ts";
import type { GuestBatch, GuestConfig, PlannedGuest } from "./facts.ts";

const options = Value.Default(SyncOptions, {}) as SyncOptions;
const plan: PlannedGuest = {
  guest: {
    vmid: 100,
    type: "qemu",
    node: "pve1",
    name: "web",
    known: true,
    state: "running",
    status: "active",
    template: false,
    vcpus: 1.5,
    memoryMebibytes: 2048,
    tags: ["prod"],
    pool: null,
    lock: null,
    uptimeSeconds: 5,
  },
  name: "web (2)",
  vm: null,
  nameReason: "free",
  steppedAside: false,
  hasDisks: false,
  cloudInit: null,
  previousTags: ["old", "prod"],
  presentRole: null,
  defaultRole: null,
};
const config: GuestConfig = {
  onboot: true,
  unprivileged: null,
  agent: true,
  searchDomain: "example.com",
  tags: ["prod"],
  note: null,
  metadata: {},
  noteFaults: [],
  diskMebibytes: 32768,
  ostype: "l26",
  platform: "Linux 2.6 - 6.x kernel",
  cloudInit: null,
};
const batch: GuestBatch = {
  chunk: "100-1",
  facts: {
    endpoint: 4,
    endpointName: "Lab",
    pluginEndpoint: 2,
    site: { id: null, slug: null, name: null },
    tenant: { id: null, slug: null, name: null },
    nameTemplate: "{node}",
    cluster: { name: "pve", mode: "cluster", id: "cluster/pve", quorate: true, version: 3 },
    nodes: [
      {
        name: "pve1",
        nodeId: 1,
        ip: "192.0.2.1",
        online: true,
        local: true,
        maxCpu: 8,
        maxMemory: 1,
        fingerprint: "",
        supportLevel: "",
      },
    ],
  },
  binding: {
    endpoint: 4,
    pluginEndpoint: 2,
    twin: null,
    others: [],
    takesOver: false,
    goneNodes: [],
    cluster: { id: 7, name: "pve" },
    proxmoxCluster: 3,
    site: { id: 1 },
    moves: false,
    scope: true,
    tenant: null,
    nodes: {
      pve1: {
        device: 31,
        proxmoxNode: 21,
        name: "pve1",
        rename: false,
        site: { id: 1 },
        roles: { qemu: null, lxc: null },
      },
    },
    problem: null,
  },
  guests: [plan],
  tagSlugs: { prod: "prod", old: "old-1" },
  webUrl: "https://192.0.2.1:8006",
  vmTypes: true,
  support: [],
};

function desired(
  more: {
    plan?: Partial<PlannedGuest>;
    config?: Partial<GuestConfig>;
    batch?: Partial<GuestBatch>;
    options?: Partial<SyncOptions>;
  } = {},
) {
  const all = desiredGuest(
    { ...plan, ...more.plan },
    { ...config, ...more.config },
    { ...batch, ...more.batch },
    { ...options, ...more.options },
  );
  const of = (kind: string) => all.find((entry) => entry.kind === kind);
  return {
    vm: of("virtual-machine"),
    state: of("sync-state-virtual-machine"),
    cloudInit: of("vm-cloudinit"),
    platform: of("platform"),
  };
}

describe("desiredGuest: the role", () => {
  const present = { role: 9, written: 5 };
  test.each<[string, Parameters<typeof desired>[0] & object, number | undefined]>([
    ["one that was chosen is set, also where types tell guests apart", { plan: { defaultRole: 7 } }, 7],
    ["the note's own comes first", { plan: { defaultRole: 7 }, config: { metadata: { role: 8 } } }, 8],
    ["none was chosen", {}, undefined],
    ["an operator's is overwritten", { plan: { defaultRole: 7, presentRole: present } }, 7],
    [
      "an operator's stays",
      { plan: { defaultRole: 7, presentRole: present }, options: { overwrite_vm_role: false } },
      undefined,
    ],
  ])("%s", (_, given, expected) => {
    const { vm, state } = desired(given);
    expect(vm?.values.role).toEqual(expected && { kind: "device-role", id: expected });
    const changes = given.plan?.presentRole !== undefined;
    expect(state?.values.proxmox_last_synced_role_id).toBe(changes ? undefined : expected);
  });
});

describe("desiredRoleMemory", () => {
  const memory = (presentRole: PlannedGuest["presentRole"], vm: number | null = 55) =>
    desiredRoleMemory({ ...plan, vm, presentRole, defaultRole: 7 }, config, batch, options).map(({ values }) => values);
  test.each<[string, ReturnType<typeof memory>, number[]]>([
    ["a role that a machine is given is remembered when it has it", memory({ role: 9, written: 5 }), [7]],
    ["one it has already is remembered with everything else", memory({ role: 7, written: null }), []],
    ["so is that of a machine that is made", memory(null, null), []],
  ])("%s", (_, values, expected) => {
    expect(values).toEqual(expected.map((id) => ({ proxmox_last_synced_role_id: id })));
  });
});

describe("desiredGuest: the machine", () => {
  test("every field", () => {
    expect(desired().vm).toEqual({
      kind: "virtual-machine",
      identity: { cluster: { kind: "cluster", id: 7 }, name: "web (2)" },
      values: {
        name: "web (2)",
        cluster: { kind: "cluster", id: 7 },
        site: { kind: "site", id: 1 },
        device: { kind: "device", id: 31 },
        status: "active",
        vcpus: 1.5,
        memory: 2048,
        disk: 32768,
        start_on_boot: "on",
        virtual_machine_type: { kind: "virtual-machine-type", identity: { slug: "qemu-virtual-machine" } },
        platform: { kind: "platform", identity: { slug: "linux-2-6-6-x-kernel" } },
        description: "Synced from Proxmox node pve1",
        comments: "",
      },
      keepIfSet: ["platform"],
      tags: {
        add: ["proxbox", "prod"],
        onCreate: ["proxbox-discovered-qemu"],
        own: ["proxbox-soft-deleted", "old-1", "prod"],
      },
      parent: "qemu",
      label: "web (2) (qemu 100)",
    });
  });

  const cases: { what: string; given: Parameters<typeof desired>[0]; vm: Record<string, unknown> }[] = [
    {
      what: "before NetBox 4.6 the role says the type",
      given: {
        batch: {
          vmTypes: false,
          support: [{ kind: "device-role", identity: { slug: "virtual-machine-qemu" }, id: 41 }],
        },
      },
      vm: { values: { role: { kind: "device-role", id: 41 } } },
    },
    {
      what: "a note is its description and comments",
      given: { config: { note: { description: "Shop", comments: "Shop\nmore" } } },
      vm: { values: { description: "Shop", comments: "Shop\nmore" } },
    },
    {
      what: "the note's metadata wins",
      given: { config: { metadata: { site: 9, tenant: 5 } } },
      vm: { values: { site: { kind: "site", id: 9 }, tenant: { kind: "tenant", id: 5 } } },
    },
    {
      what: "what the metadata cannot set is said",
      given: { config: { noteFaults: ['"x" is not a field.'] } },
      vm: { note: '"x" is not a field.' },
    },
    { what: "a known machine is named by its id", given: { plan: { vm: 55 } }, vm: { id: 55 } },
    {
      what: "flags that protect",
      given: { options: { overwrite_vm_description: false, overwrite_vm_type: false, overwrite_vm_role: false } },
      vm: { keepIfSet: ["virtual_machine_type", "platform", "description", "comments"] },
    },
    {
      what: "Proxmox tags switched off",
      given: { options: { overwrite_vm_proxmox_tags: false } },
      vm: { tags: { add: ["proxbox"], own: ["proxbox-soft-deleted"] } },
    },
    {
      what: "tags protected",
      given: { options: { overwrite_vm_tags: false } },
      vm: { tags: { add: [], onCreate: expect.arrayContaining(["proxbox", "prod"]), own: ["proxbox-soft-deleted"] } },
    },
  ];
  for (const { what, given, vm } of cases) test(what, () => expect(desired(given).vm).toMatchObject(vm));

  test("the disk of a machine with disks is NetBox's to sum", () => {
    expect(desired({ plan: { hasDisks: true } }).vm?.values).not.toHaveProperty("disk");
  });

  test("a state Proxmox does not know leaves the status alone and never says active", () => {
    const { vm } = desired({ plan: { guest: { ...plan.guest, state: "unknown", status: null } } });
    expect(vm?.values).not.toHaveProperty("status");
    expect(vm?.onCreate).toEqual({ status: "offline" });
  });
});

describe("desiredGuest: identity", () => {
  test("is complete, with its links, whatever the flags", () => {
    const identity = {
      endpoint: { kind: "proxmox-endpoint", id: 2 },
      proxmox_cluster: { kind: "proxmox-cluster", id: 3 },
      proxmox_node: { kind: "proxmox-node", id: 21 },
      proxmox_endpoint_raw_id: 4,
      proxmox_cluster_name: "pve",
      proxmox_node_name: "pve1",
      proxmox_vm_id: 100,
      proxmox_vm_type: "qemu",
      proxmox_vm_name: "web",
      proxmox_tags: "prod",
    };
    expect(desired().state).toMatchObject({
      identity: { virtual_machine: { kind: "virtual-machine", identity: { name: "web (2)" } } },
      values: identity,
      keep: [],
    });
    const { state } = desired({ plan: { vm: 55 }, options: { overwrite_vm_custom_fields: false } });
    expect(state).toMatchObject({
      identity: { virtual_machine: { kind: "virtual-machine", id: 55 } },
      values: identity,
    });
    for (const field of Object.keys(identity)) expect(state?.keep).not.toContain(field);
    expect(state?.keep).toContain("proxmox_status");
  });

  test.each([{ overwrite_vm_tags: false }, { overwrite_vm_proxmox_tags: false }])(
    "%j keeps what is known of the tags we gave",
    (flags) => expect(desired({ plan: { vm: 55 }, options: flags }).state?.keep).toEqual(["proxmox_tags"]),
  );

  test("an endpoint NetBox does not know leaves the links empty, not the numbers", () => {
    const { state } = desired({
      batch: {
        binding: {
          ...batch.binding,
          pluginEndpoint: null,
          proxmoxCluster: null,
          nodes: {
            pve1: {
              device: 31,
              proxmoxNode: null,
              name: "pve1",
              rename: false,
              site: { id: 1 },
              roles: { qemu: null, lxc: null },
            },
          },
        },
      },
    });
    expect(state?.values).toMatchObject({
      endpoint: null,
      proxmox_cluster: null,
      proxmox_node: null,
      proxmox_endpoint_raw_id: 4,
      proxmox_vm_id: 100,
    });
  });

  test("the link opens the guest in Proxmox", () => {
    expect(desired().state?.values.proxmox_link).toBe("https://192.0.2.1:8006/#v1:0:=qemu/100");
  });
});

describe("desiredGuest: cloud-init", () => {
  const cloudInit = { ciuser: "debian", sshkeys: "ssh-ed25519 AAAA", ipconfig0: "ip=dhcp", sshkeysTruncated: false };
  test("its options make a row", () => {
    expect(desired({ config: { cloudInit } }).cloudInit).toMatchObject({
      values: { ciuser: "debian", sshkeys: "ssh-ed25519 AAAA", ipconfig0: "ip=dhcp", sshkeys_truncated: false },
      keep: [],
    });
  });
  test("without options none is made and one that is there is emptied", () => {
    expect(desired().cloudInit).toBeUndefined();
    expect(desired({ plan: { cloudInit: 8 } }).cloudInit).toMatchObject({
      id: 8,
      values: { ciuser: "", sshkeys: "", ipconfig0: "", sshkeys_truncated: false },
    });
  });
  test("the flag protects a row that is there", () => {
    expect(desired({ config: { cloudInit }, options: { overwrite_vm_cloudinit: false } }).cloudInit?.keep).toEqual([
      "ciuser",
      "sshkeys",
      "ipconfig0",
      "sshkeys_truncated",
    ]);
  });
});
