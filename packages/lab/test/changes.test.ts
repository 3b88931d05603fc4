import { afterAll, afterEach, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import type { RunView } from "@proxbox/contracts/http";
import type { SyncOptionsInput } from "@proxbox/contracts/sync-options";
import type { JsonObject } from "../src/netbox/model.ts";
import type { SimulatedNetBox } from "../src/netbox/server.ts";
import { buildEstate } from "../src/proxmox/build-estate.ts";
import * as change from "../src/proxmox/change.ts";
import type { EstateCluster, EstateGuest } from "../src/proxmox/estate.ts";
import { nodeFault } from "../src/proxmox/faults.ts";
import { type Scene, startScene } from "../src/scene.ts";
import { type FollowedScene, type Following, namesOf, skippedIn, stageOf, startFollowed } from "./followed-scene.ts";
import { findRow, seen, wholeRows } from "./seen.ts";
import { type Columns, keyOf } from "./truth/form.ts";
import { truthOf } from "./truth/truth.ts";

setDefaultTimeout(30_000);

const machines = "virtualization/virtual-machines";
const sidecars = "plugins/proxbox/sync-state/virtual-machines";
const routines = "plugins/proxbox/backup-routines";
const cloudInits = "plugins/proxbox/vm-cloudinit";
const env = { PROXBOX_LOG_LEVEL: "error" };

let followed: FollowedScene;
let scene: Scene;
/** The cluster that changes, of three nodes; the other endpoint is one node that stands alone. */
let cluster: EstateCluster;
let solo: EstateCluster;

beforeAll(async () => {
  const estate = buildEstate({ seed: 4, clusters: 2, nodes: 4, guests: 40 });
  [cluster, solo] = estate.clusters as [EstateCluster, EstateCluster];
  for (let vmid = 901; vmid <= 930; vmid++) add(vmid, `plain-${vmid}`);
  followed = await startFollowed(estate);
  ({ scene } = followed);
});
// Whatever a test did last, doing it again writes nothing.
afterEach(() => followed.expectNoWrites());
afterAll(() => followed[Symbol.asyncDispose]());

describe("a guest", () => {
  test("that migrates keeps its machine, on another device", async () => {
    change.migrate(cluster, 901, "pve2");
    await follow();
    expect(row(machines, 901)).toMatchObject({ device: "proxmox-default-site-frankfurt/pve2" });
  });

  test("that migrates while the run is at work is found at its new place", async () => {
    const [endpoint] = scene.proxmox;
    const asked = ({ path }: { path: string }) => path.endsWith("/qemu/901/config");
    endpoint?.fault({
      does: { delayMs: 0 },
      when: (call) => {
        if (asked(call)) change.migrate(cluster, 901, "pve3");
        return false;
      },
    });
    Object.assign(row(machines, 901), {
      device: "proxmox-default-site-frankfurt/pve3",
      description: "Synced from Proxmox node pve3",
    });
    Object.assign(row(sidecars, 901), { proxmox_node: "frankfurt/pve3", proxmox_node_name: "pve3" });
    const bridge = "proxmox-default-site-frankfurt/pve3/vmbr0";
    followed.at("plugins/proxbox/sync-state/vm-interfaces", "frankfurt/qemu/901/net0").proxbox_bridge = bridge;
    await followed.expectRun();
    endpoint?.clearFaults();
    await follow();
  });

  test("that is renamed has the new name; case alone counts", async () => {
    change.rename(cluster, 901, "Renamed");
    await follow({ names: { 901: "Renamed" } });
    change.rename(cluster, 901, "renamed");
    await follow({ names: { 901: "renamed" } });
    change.rename(cluster, 901, null);
    await follow({ names: { 901: "vm-901" } });
  });

  test("takes the name another one leaves, in a chain", async () => {
    change.rename(cluster, 902, "plain-903");
    change.rename(cluster, 903, "plain-904");
    change.rename(cluster, 904, "plain-905");
    change.rename(cluster, 905, "end-of-chain");
    await follow({ names: { 902: "plain-903", 903: "plain-904", 904: "plain-905", 905: "end-of-chain" } });
  });

  test("swaps its name with another one, also of another node", async () => {
    change.migrate(cluster, 907, "pve3");
    change.rename(cluster, 906, "plain-907");
    change.rename(cluster, 907, "plain-906");
    await follow({ names: { 906: "plain-907", 907: "plain-906" } });
  });

  test("gets its name also when nothing else of it can be read just now", async () => {
    change.rename(cluster, 906, "plain-906");
    change.rename(cluster, 907, "plain-907");
    scene.proxmox[0]?.fault({
      does: { status: 403, message: "Permission check failed (/vms/906, VM.Audit)" },
      when: ({ path }) => path.endsWith("/qemu/906/config"),
    });
    const view = await followed.run();
    scene.proxmox[0]?.clearFaults();
    expect(view.ok).toBe(false);
    Object.assign(row(machines, 906), { name: "plain-906" });
    Object.assign(row(machines, 907), { name: "plain-907" });
    Object.assign(row(sidecars, 907), { proxmox_vm_name: "plain-907" });
    followed.inLine();
    await follow();
  });

  test("whose name is taken gets the next free one, and the name itself when that is free again", async () => {
    change.rename(cluster, 908, "PLAIN-909");
    await follow({ names: { 908: "PLAIN-909 (2)" } });
    change.rename(cluster, 909, "gone-elsewhere");
    await follow({ names: { 908: "PLAIN-909", 909: "gone-elsewhere" } });
  });

  test("that gets and loses tags has them in NetBox, and keeps those an operator gave it", async () => {
    followed.insert("extras/tags", { name: "By hand", slug: "by-hand", color: "123456" });
    followed.expected["extras/tags"] = {
      ...followed.expected["extras/tags"],
      "by-hand": { name: "By hand", color: "123456", description: "" },
    };
    followed.edit(machines, keyFor(910), { tags: ["by-hand", "proxbox", "proxbox-discovered-qemu"] });
    hold(machines, 910, ({ tags }) => ({ tags: [...(tags as string[]), "by-hand"].sort() }));
    change.configure(cluster, 910, { tags: "prod;brand-new" });
    await follow();
    expect(row(machines, 910).tags).toContain("brand-new");
    change.configure(cluster, 910, { tags: "prod" });
    await follow();
    change.configure(cluster, 910, { tags: undefined });
    await follow();
    expect(row(machines, 910).tags).toEqual(["by-hand", "proxbox", "proxbox-discovered-qemu"]);
  });

  test("stops, starts and pauses", async () => {
    change.setStatus(cluster, 911, "stopped");
    change.setStatus(cluster, 912, "paused");
    await follow();
    change.setStatus(cluster, 911, "running");
    await follow();
  });

  test("grows and shrinks", async () => {
    change.resize(cluster, 913, "scsi0", "64G");
    change.configure(cluster, 913, { memory: "8192", cores: 4, scsi1: "local-lvm:vm-913-disk-1,size=1T" });
    await follow();
    change.configure(cluster, 913, { scsi1: undefined });
    await follow();
    expect(row(machines, 913).disk).toBe(65_536);
    // A configuration without any disk proves nothing about disks.
    change.configure(cluster, 913, { scsi0: undefined });
    await followed.expectRun();
    change.configure(cluster, 913, { scsi0: "local-lvm:vm-913-disk-0,size=64G" });
    await follow();
  });

  test("that loses its cloud-init options has its row emptied, not deleted", async () => {
    change.configure(cluster, 914, { ciuser: "ops", ipconfig0: "ip=dhcp" });
    await follow();
    change.configure(cluster, 914, { ciuser: undefined, ipconfig0: undefined });
    hold(cloudInits, 914, { ciuser: "", ipconfig0: "" });
    await follow();
  });

  test("comes and goes: without delete_orphans the machine of one that is gone stays as it was", async () => {
    add(931, "newcomer");
    const gone = change.remove(cluster, 915);
    await follow();
    change.recreate(cluster, gone);
    await follow();
  });
});

describe("a note", () => {
  test("is followed, and gives way to a word about the node when it is gone", async () => {
    change.configure(cluster, 916, { description: "First line\n\nMore\n" });
    await follow();
    change.configure(cluster, 916, { description: "Only one line\n" });
    await follow();
    expect(row(machines, 916)).toMatchObject({ description: "Only one line", comments: "" });
    change.configure(cluster, 916, { description: undefined });
    await follow();
    expect(row(machines, 916)).toMatchObject({ description: "Synced from Proxmox node pve1" });
  });

  test("sets fields by its netbox-metadata block when the caller wants that, and only then", async () => {
    const tenant = followed.insert("tenancy/tenants", { name: "Customer", slug: "customer" });
    const role = followed.insert("dcim/device-roles", { name: "Database", slug: "database", color: "123456" });
    followed.foreign.push(role.url);
    const block = (json: object) => `Text before\n\`\`\`netbox-metadata\n${JSON.stringify(json)}\n\`\`\`\n`;
    change.configure(cluster, 917, { description: block({ tenant: tenant.id, role: role.id, name: 5 }) });
    await follow();
    expect(row(machines, 917)).toMatchObject({ tenant: null, comments: expect.stringContaining("netbox-metadata") });

    // Notes of the estate ask for tenant 1, which is the one made above.
    expect(tenant.id).toBe(1);
    for (const [of, guest] of [cluster, solo].flatMap((of) =>
      [...of.guests.values()].map((guest) => [of, guest] as const),
    )) {
      if (String(guest.config.description).includes('{"tenant": 1}'))
        hold(machines, keyOf(of.name, guest), { tenant: "customer" });
    }
    hold(machines, 917, { tenant: "customer", role: "database" });
    const options = { parse_description_metadata: true };
    await follow({ options, metadata: true });
    expect(row(machines, 917)).toMatchObject({ description: "Text before", comments: "" });

    change.configure(cluster, 917, { description: block({ tenant: 4711 }) });
    const failed = await followed.run(options);
    expect(failed.ok).toBe(false);
    expect(stageOf(failed, "virtual-machines").summary?.errors).toEqual([
      expect.objectContaining({
        object: "plain-917 (qemu 917)",
        field: "tenant",
        message: expect.stringContaining("4711"),
      }),
    ]);
    followed.inLine();
    change.configure(cluster, 917, { description: undefined });
    await follow();
  });
});

describe("with delete_orphans", () => {
  const options = { delete_orphans: true };
  const marked = { status: "decommissioning", tags: ["proxbox", "proxbox-discovered-qemu", "proxbox-soft-deleted"] };

  test("a machine whose guest is gone is marked, and comes back with the guest; nothing is deleted", async () => {
    const gone = change.remove(cluster, 918);
    Object.assign(row(machines, 918), marked);
    followed.take(routines);
    await followed.expectRun(options);
    change.recreate(cluster, gone);
    // The mark is ours to take off, whatever becomes of other tags.
    await follow({ options: { ...options, overwrite_vm_tags: false } });
    expect(row(machines, 918)).toMatchObject({ status: "active", tags: ["proxbox", "proxbox-discovered-qemu"] });
  });

  test("nothing is marked beyond max_deletions, and every machine concerned is named", async () => {
    const gone = [919, 920].map((vmid) => change.remove(cluster, vmid));
    followed.take(routines);
    const why = "would be marked as gone, but 2 machines are concerned and one run may give up 1";
    const view = await followed.expectRun({ ...options, max_deletions: 1 });
    expect(await skipped(view)).toEqual([`plain-919: ${why}`, `plain-920: ${why}`]);
    for (const guest of gone) change.recreate(cluster, guest);
    await follow({ options });
  });

  test("machines marked before do not count against max_deletions", async () => {
    const gone: EstateGuest[] = [];
    for (const vmid of [919, 920]) {
      gone.push(change.remove(cluster, vmid));
      Object.assign(row(machines, vmid), marked);
      followed.take(routines);
      await followed.expectRun({ ...options, max_deletions: 1 });
    }
    for (const guest of gone) change.recreate(cluster, guest);
    await follow({ options });
  });

  test("nothing is marked while guests are hidden from us: none is known to be gone", async () => {
    const gone = change.remove(cluster, 921);
    change.hide(cluster, 922);
    followed.take(routines);
    const view = await followed.expectRun(options);
    expect(await skipped(view)).toEqual([
      expect.stringMatching(/^plain-921: would be marked as gone, but VM\.Audit is missing .* on \/vms\/922/),
      expect.stringMatching(/^plain-922: would be marked as gone, but VM\.Audit is missing .* on \/vms\/922/),
    ]);
    change.hide(cluster);
    change.recreate(cluster, gone);
    await follow();
  });

  test("nothing is marked, and nothing of its guests changed, while a node is offline", async () => {
    change.migrate(cluster, 922, "pve3");
    await follow();
    const gone = change.remove(cluster, 921);
    change.setOnline(cluster, "pve3", false);
    Object.assign(followed.at("dcim/devices", "proxmox-default-site-frankfurt/pve3"), { status: "offline" });
    Object.assign(followed.at("plugins/proxbox/proxmox-nodes", "frankfurt/pve3"), { online: false });
    followed.take(routines);
    const told = await skipped(await followed.expectRun(options));
    expect(told).toContainEqual("plain-921: would be marked as gone, but Node pve3 is not online.");
    expect(told).toContainEqual(
      expect.stringMatching(/^plain-922.*: Node pve3 does not report its guest 922.* NetBox keeps what it has\.$/),
    );
    change.setOnline(cluster, "pve3", true);
    change.recreate(cluster, gone);
    await follow();
  });
});

test("a node that is called online and does not answer is a failure; nothing of its guests changes", async () => {
  scene.proxmox[0]?.fault(nodeFault("pve2", { status: 595, message: "No route to host" }));
  const view = await followed.run();
  scene.proxmox[0]?.clearFaults();
  expect(view).toMatchObject({ phase: "failed", ok: false });
  const { endpoints, kinds } = stageOf(view, "virtual-machines").summary ?? {};
  expect(endpoints?.map(({ state }) => state)).toEqual(["partial", "ok"]);
  expect(endpoints?.[0]?.error).toMatchObject({
    code: "proxmox_node_offline",
    message: expect.stringMatching(/^Proxmox endpoint frankfurt .* cannot reach the node/),
    next: expect.stringMatching(/^Bring the node back/),
  });
  const there = [...cluster.guests.values()].filter(({ node }) => node === "pve2");
  expect(kinds?.["virtual-machine"]?.failed).toBe(there.length);
  followed.inLine();
});

describe("what an operator did", () => {
  test("a machine renamed by hand keeps its name, whatever its guest is called", async () => {
    followed.edit(machines, keyFor(923), { name: "by an operator" });
    await follow({ names: { 923: "by an operator" } });
    change.rename(cluster, 923, "other");
    await follow();
    expect(row(sidecars, 923).proxmox_vm_name).toBe("other");
  });

  test("a discovery tag that is taken off stays off; the tag that says it is ours comes back", async () => {
    followed.edit(machines, keyFor(924), { tags: [] });
    hold(machines, 924, { tags: ["proxbox"] });
    await follow();
  });

  test.each<[SyncOptionsInput, SyncOptionsInput, string, Columns]>([
    [{ overwrite_vm_description: false }, {}, machines, { description: "an operator's word", comments: "and more" }],
    [{ overwrite_vm_type: false }, {}, machines, { virtual_machine_type: "lxc-container" }],
    [{}, { overwrite_vm_platform: true }, machines, { platform: "windows-10-2016-2019" }],
    [{ overwrite_vm_custom_fields: false }, {}, sidecars, { proxmox_os: "by hand", proxmox_search_domain: "by.hand" }],
  ])("%j leaves a field alone that %j takes back", async (leaving, taking, path, columns) => {
    followed.edit(path, keyFor(925), columns);
    hold(path, 925, columns);
    await follow({ options: leaving });
    followed.release(path, keyFor(925));
    await follow({ options: taking });
  });

  test("a role is left alone; our type says what a machine is", async () => {
    const role = followed.insert("dcim/device-roles", { name: "Web", slug: "web", color: "654321" });
    followed.foreign.push(role.url);
    followed.edit(machines, keyFor(925), { role: "web" });
    hold(machines, 925, { role: "web" });
    await follow();
  });

  test.each<[SyncOptionsInput]>([[{ overwrite_vm_tags: false }], [{ overwrite_vm_proxmox_tags: false }]])(
    "%j leaves tags alone, and a later run makes up for it",
    async (options) => {
      change.configure(cluster, 926, { tags: "prod;web" });
      await follow();
      change.configure(cluster, 926, { tags: "prod;staging" });
      await followed.expectRun(options);
      await follow();
      expect(row(machines, 926).tags).toEqual(["prod", "proxbox", "proxbox-discovered-qemu", "staging"]);
    },
  );

  test("hosts, storages and cloud-init rows have flags of their own", async () => {
    change.configure(cluster, 927, { ciuser: "ops" });
    await follow();
    const device = "proxmox-default-site-frankfurt/pve1";
    const edits: [string, string, Columns][] = [
      ["dcim/devices", device, { description: "rack 4", status: "staged", role: "web", tags: [] }],
      ["virtualization/clusters", "frankfurt", { description: "ours", tags: [] }],
      ["plugins/proxbox/storage", "frankfurt/local", { tags: [] }],
      [cloudInits, "frankfurt/qemu/927", { ciuser: "me" }],
    ];
    for (const [path, key, columns] of edits) {
      followed.edit(path, keyFor(key), columns);
      hold(path, key, columns);
    }
    await follow({
      options: {
        overwrite_device_description: false,
        overwrite_device_status: false,
        overwrite_device_role: false,
        overwrite_device_tags: false,
        overwrite_cluster_description: false,
        overwrite_cluster_tags: false,
        overwrite_storage_tags: false,
        overwrite_vm_cloudinit: false,
      },
    });
    for (const [path, key, { tags }] of edits) {
      followed.release(path, keyFor(key));
      // What is given on discovery is not given again.
      if (tags) hold(path, key, { tags: ["proxbox"] });
    }
    await follow();
  });

  test("a machine deleted in NetBox is made again", async () => {
    // NetBox lets go of no address that a guest's interface has, whatever else goes with it.
    const links = "plugins/proxbox/guest-vm-interface-addresses";
    const [link = ""] = Object.keys(followed.expected[links] ?? {}).filter((key) =>
      key.startsWith("frankfurt/qemu/928/"),
    );
    scene.netbox.remove(links, findRow(scene.netbox, links, link).id);
    scene.netbox.remove(machines, findRow(scene.netbox, machines, "frankfurt/qemu/928").id);
    await follow();
  });

  test("a machine that lost its identity row, or has one of an older program, is found again", async () => {
    const ids = [929, 930].map((vmid) => findRow(scene.netbox, machines, `frankfurt/qemu/${vmid}`).id);
    scene.netbox.remove(sidecars, findRow(scene.netbox, sidecars, "frankfurt/qemu/929").id);
    const older = { endpoint: null, proxmox_cluster: null, proxmox_node: null, proxmox_vm_type: "" };
    scene.netbox.edit(sidecars, findRow(scene.netbox, sidecars, "frankfurt/qemu/930").id, older);
    await follow();
    expect([929, 930].map((vmid) => findRow(scene.netbox, machines, `frankfurt/qemu/${vmid}`).id)).toEqual(ids);
  });
});

describe("a selection", () => {
  test("netbox_vm_ids touches these machines only, and marks none", async () => {
    change.setStatus(cluster, 901, "stopped");
    change.setStatus(cluster, 902, "stopped");
    const gone = change.remove(cluster, 903);
    Object.assign(row(machines, 901), { status: "offline" });
    Object.assign(row(sidecars, 901), { proxmox_status: "stopped" });
    const { id } = findRow(scene.netbox, machines, "frankfurt/qemu/901");
    const view = await followed.expectRun({ netbox_vm_ids: [id, 4711], delete_orphans: true });
    expect(await skipped(view)).toEqual([
      expect.stringMatching(/^virtual machine 4711: .* no guest .* stands for it\.$/),
    ]);
    change.recreate(cluster, gone);
    await follow();
  });

  test("proxmox_endpoint_ids touches only what these endpoints show", async () => {
    const [there] = solo.guests.values();
    if (!there) throw new Error("The estate has changed.");
    change.configure(cluster, 902, { description: "changed here" });
    change.configure(solo, there.vmid, { description: "changed there" });
    Object.assign(followed.at(machines, keyOf(solo.name, there)), { description: "changed there", comments: "" });
    await followed.expectRun({ proxmox_endpoint_ids: [scene.endpointIds[1] ?? 0] });
    await follow();
  });

  test("sync modes leave machines out, or only make what is missing", async () => {
    change.configure(cluster, 904, { description: "changed" });
    add(942, "made-once");
    followed.take(routines);
    await followed.expectRun({ sync_mode_vm: "disabled" });
    const made = truthOf(followed.shown(), { names: namesOf(followed.expected) });
    for (const [path, rows] of Object.entries(made)) followed.expected[path] = { ...rows, ...followed.expected[path] };
    await followed.expectRun({ sync_mode_vm: "bootstrap_only" });
    await follow();
  });
});

describe("what is not ours", () => {
  test("a machine of the same name is never taken", async () => {
    const { id } = findRow(scene.netbox, "virtualization/clusters", "frankfurt");
    const other = followed.insert(machines, { name: "contested", cluster: id, description: "not ours" });
    followed.foreign.push(other.url);
    const before = wholeRows(scene.netbox, followed.foreign);
    add(940, "contested");
    await follow({ names: { 940: "contested (2)" } });
    expect(wholeRows(scene.netbox, followed.foreign)).toEqual(before);
  });
});

describe("clusters and devices", () => {
  test("of other people, or of other endpoints, are never taken by their names", async () => {
    await using other = await startScene({ estate: buildEstate({ seed: 4, clusters: 2, nodes: 4, guests: 20 }), env });
    const { netbox } = other;
    const site = insert(netbox, "dcim/sites", { name: "Berlin", slug: "berlin" });
    const type = insert(netbox, "virtualization/cluster-types", { name: "VMware", slug: "vmware" });
    const maker = insert(netbox, "dcim/manufacturers", { name: "Dell", slug: "dell" });
    const model = insert(netbox, "dcim/device-types", { model: "R760", slug: "r760", manufacturer: maker.id });
    const role = insert(netbox, "dcim/device-roles", { name: "Server", slug: "server", color: "123456" });
    const theirs = insert(netbox, "virtualization/clusters", {
      name: "frankfurt",
      type: type.id,
      scope_type: "dcim.site",
      scope_id: site.id,
    });
    const theirDevice = { name: "pve1", site: site.id, device_type: model.id, role: role.id, cluster: theirs.id };
    const device = insert(netbox, "dcim/devices", theirDevice);
    const machine = insert(netbox, machines, { name: "web", cluster: theirs.id });
    const alone = insert(netbox, "virtualization/clusters", { name: "SOLO2", type: type.id });
    const urls = [site, type, maker, model, role, theirs, device, machine, alone].map(({ url }) => url);
    const before = wholeRows(netbox, urls).map(withoutCounts);

    for (const writes of [expect.any(Number), 0]) {
      netbox.resetCounts();
      const { id } = await other.gateway.startRun();
      expect(await other.gateway.finished(id)).toMatchObject({ phase: "done", ok: true });
      expect(netbox.counts().writes).toEqual(writes);
    }
    expect(wholeRows(netbox, urls).map(withoutCounts)).toEqual(before);
    const found = seen(netbox, { foreign: urls });
    expect(Object.keys(found["virtualization/clusters"] ?? {}).sort()).toEqual([
      "frankfurt (frankfurt)",
      "solo2 (solo2)",
    ]);
    expect(Object.keys(found["dcim/devices"] ?? {}).sort()).toEqual([
      "proxmox-default-site-frankfurt-frankfurt/pve1",
      "proxmox-default-site-frankfurt-frankfurt/pve2",
      "proxmox-default-site-frankfurt-frankfurt/pve3",
      "proxmox-default-site-solo2-solo2/solo2",
    ]);
    expect(Object.keys(found[machines] ?? {}).length).toBe(20);
  });

  test("that an older program made, without any link, are taken over with their machines, not doubled", async () => {
    const { netbox } = scene;
    const paths = ["virtualization/clusters", "dcim/devices", machines];
    const ids = () => paths.map((path) => netbox.rows(path).map(({ id }) => id));
    const before = ids();
    const links = { endpoint: null, proxmox_cluster: null, proxmox_node: null };
    const bare: [string, JsonObject][] = [
      [sidecars, { ...links, proxmox_endpoint_raw_id: 77 }],
      ["plugins/proxbox/sync-state/devices", links],
      ["plugins/proxbox/sync-state/clusters", { proxmox_cluster: null }],
      ["plugins/proxbox/proxmox-clusters", { netbox_cluster: null }],
      ["plugins/proxbox/proxmox-nodes", { netbox_device: null, proxmox_cluster: null }],
    ];
    for (const [path, values] of bare) {
      for (const { id } of netbox.rows(path) as { id: number }[]) netbox.edit(path, id, values);
    }
    await follow();
    expect(ids()).toEqual(before);
  });

  test("go with their machines to the site that is chosen for their endpoint", async () => {
    const site = followed.insert("dcim/sites", { name: "Lisbon", slug: "lisbon" });
    followed.foreign.push(site.url);
    await scene.gateway.call("PUT", `/proxmox/endpoints/${scene.endpointIds[0]}`, { site_slug: "lisbon" });
    const { "dcim/sites": sites = {}, "ipam/vlans": vlans } = followed.expected;
    const moved = JSON.stringify(followed.expected).replaceAll("proxmox-default-site-frankfurt", "lisbon");
    followed.expected = JSON.parse(moved);
    // Nothing is in the VLANs of the old site any more; whose they are nobody says.
    followed.expected["ipam/vlans"] = { ...followed.expected["ipam/vlans"], ...vlans };
    followed.expected["dcim/sites"] = sites;
    await followed.expectRun();
  });
});

/** See FollowedScene; names are those of guests of the cluster, by vmid. */
function follow(given: Omit<Following, "names"> & { names?: Record<number, string> } = {}): Promise<RunView> {
  const names = Object.entries(given.names ?? {}).map(([vmid, name]) => [`frankfurt/qemu/${vmid}`, name]);
  return followed.follow({ ...given, names: Object.fromEntries(names) });
}

function add(vmid: number, name: string): void {
  change.create(cluster, vmid, name);
}

/** The expected row of a guest of the cluster. */
function row(path: string, vmid: number): Columns {
  return followed.at(path, `frankfurt/qemu/${vmid}`);
}

function keyFor(guest: string | number): string {
  return typeof guest === "number" ? `frankfurt/qemu/${guest}` : guest;
}

function hold(path: string, guest: string | number, columns: Parameters<FollowedScene["hold"]>[2]): void {
  followed.hold(path, keyFor(guest), columns);
}

/** Makes a row as an operator would. */
function insert(netbox: SimulatedNetBox, path: string, body: JsonObject): { id: number; url: string } {
  return netbox.insert(path, body) as { id: number; url: string };
}

/** A row without what NetBox counts by itself. */
function withoutCounts(row: Columns): Columns {
  return Object.fromEntries(Object.entries(row).filter(([column]) => !/_count$|^allocated_/.test(column)));
}

/** What the machines' stage left out, and why. */
function skipped(view: RunView): Promise<string[]> {
  return skippedIn(scene, view, "virtual-machines");
}
