import { describe, expect, test } from "bun:test";
import { X509Certificate } from "node:crypto";
import { createProxmoxClient, type ProxmoxClient } from "@proxbox/proxmox/client";
import { listingGaps } from "@proxbox/proxmox/completeness";
import type { ObservationContext } from "@proxbox/proxmox/observations";
import { observeGuests } from "@proxbox/proxmox/observe-guests";
import { readPermissions } from "@proxbox/proxmox/resources/access";
import { readClusterStatus, readTagColors, readVersion } from "@proxbox/proxmox/resources/cluster";
import { readGuestConfig } from "@proxbox/proxmox/resources/guests";
import { type Guest, readListing } from "@proxbox/proxmox/resources/listing";
import { readStorages } from "@proxbox/proxmox/resources/storage";
import { targetOf } from "@proxbox/proxmox/target";
import type { ProxmoxEndpoint } from "@proxbox/runtime/endpoints";
import { buildEstate } from "../src/proxmox/build-estate.ts";
import * as change from "../src/proxmox/change.ts";
import type { EstateCluster } from "../src/proxmox/estate.ts";
import { type Fault, halfReadable, nodeFault, pathFault, wrongToken } from "../src/proxmox/faults.ts";
import { credentials } from "../src/proxmox/login.ts";
import { certificate, type SimulatedProxmox, startProxmox } from "../src/proxmox/server.ts";

const signal = AbortSignal.timeout(25_000);

function estate(guests = 40): EstateCluster {
  const [cluster] = buildEstate({ seed: 5, clusters: 1, nodes: 3, guests, standalone: 0 }).clusters;
  if (!cluster) throw new Error("The estate has no cluster.");
  return cluster;
}

function clientOf(proxmox: SimulatedProxmox, settings: Partial<Parameters<typeof targetOf>[0]> = {}): ProxmoxClient {
  const endpoint = {
    name: proxmox.cluster.name,
    ip_address: proxmox.host,
    domain: null,
    port: proxmox.port,
    username: credentials.user,
    password: null,
    token_name: credentials.tokenName,
    token_value: credentials.tokenValue,
    verify_ssl: false,
    timeout: 5,
    max_retries: 1,
    retry_backoff: 0.001,
    ...settings,
  };
  return createProxmoxClient(targetOf(endpoint));
}

async function gapsOf(client: ProxmoxClient) {
  return listingGaps(await readPermissions(client, signal), await readClusterStatus(client, signal));
}

function observe(client: ProxmoxClient, guests: Guest[], patience = signal) {
  const blobs = { putJson: async (name: string) => ({ bucket: "b", name, digest: "d" }), getJson: async () => null };
  const shared = (key: string) => (key === "proxmox-config" ? {} : client);
  const ctx = { run: "r", stage: "vm-disks", options: {}, env: {}, signal: patience, blobs, shared };
  const endpoint = { id: 1, name: "e", ip_address: "127.0.0.1", port: 8006 };
  const chunk = { key: "k", guests };
  return observeGuests(ctx as unknown as ObservationContext, endpoint as ProxmoxEndpoint, chunk);
}

const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => "answered",
    (failure) => failure.code,
  );

describe("the client reads a simulated endpoint", () => {
  test.each([
    ["a token", {}],
    ["a password", { token_value: null, password: credentials.password }],
    ["its fingerprint", { tls_fingerprint: new X509Certificate(certificate.cert).fingerprint256 }],
    ["its certificate", { tls_ca: certificate.cert }],
  ])("by %s", async (_, settings) => {
    await using proxmox = await startProxmox(estate());
    await using client = clientOf(proxmox, settings);
    expect(await readVersion(client, signal)).toMatchObject({ release: "9.2" });
    expect(await readClusterStatus(client, signal)).toMatchObject({
      mode: "cluster",
      name: "frankfurt",
      quorate: true,
      nodes: [{ name: "pve1", online: true, local: true }, { name: "pve2" }, { name: "pve3", nodeId: 3 }],
    });
    expect((await readTagColors(client, signal)).get("web")).toBe("00aa00");
  });

  test("everything of its guests, with at most three requests in flight per node", async () => {
    const cluster = estate(60);
    await using proxmox = await startProxmox(cluster);
    proxmox.fault({ does: { delayMs: 5 }, when: ({ params }) => params.vmid !== undefined });
    await using client = clientOf(proxmox);
    const { guests, nodes, storages } = await readListing(client, signal);
    expect(guests.map(({ vmid }) => vmid)).toEqual([...cluster.guests.keys()]);
    expect(nodes).toHaveLength(3);
    expect(new Set(storages.map(({ name }) => name)).size).toBe(cluster.storages.length - 1);
    const observed = await observe(client, guests);
    expect(observed.every(({ state }) => state === "ok")).toBe(true);
    expect(proxmox.mostInFlight()).toEqual({ "": 1, pve1: 3, pve2: 3, pve3: 3 });
    expect(proxmox.counts()).toEqual({
      "/cluster/resources": 1,
      "/nodes/{node}/lxc/{vmid}/config": guests.filter(({ type }) => type === "lxc").length,
      "/nodes/{node}/qemu/{vmid}/config": guests.filter(({ type }) => type === "qemu").length,
    });
  });

  test("its storages, every type with its own fields", async () => {
    await using proxmox = await startProxmox(estate());
    const storages = await readStorages(clientOf(proxmox), signal);
    expect(storages.map(({ name }) => name)).toEqual([...storages.map(({ name }) => name)].sort());
    expect(storages.find(({ name }) => name === "nfs-backup")).toMatchObject({
      type: "nfs",
      content: "backup,iso",
      shared: true,
      export: "/export/proxmox",
      pruneBackups: "keep-daily=7,keep-last=3,keep-weekly=4",
      maxProtectedBackups: 5,
    });
    expect(storages.find(({ name }) => name === "share")).toMatchObject({ enabled: false });
  });

  test("a standalone node", async () => {
    const [, solo] = buildEstate({ seed: 1, clusters: 2, nodes: 3, guests: 9 }).clusters;
    await using proxmox = await startProxmox(solo as EstateCluster);
    const status = await readClusterStatus(clientOf(proxmox), signal);
    expect(status).toMatchObject({ mode: "standalone", name: "solo2", nodes: [{ name: "solo2" }] });
  });
});

describe("the estate changes between runs", () => {
  test("migrate, rename, delete, recreate, resize, tag", async () => {
    const cluster = estate();
    const guest = [...cluster.guests.values()].find(({ type, node }) => type === "lxc" && node === "pve1");
    const vmid = guest?.vmid ?? 0;
    await using proxmox = await startProxmox(cluster);
    const client = clientOf(proxmox);
    const look = async () => (await readListing(client, signal)).guests.find((candidate) => candidate.vmid === vmid);
    change.migrate(cluster, vmid, "pve2");
    change.rename(cluster, vmid, "renamed");
    change.addTag(cluster, vmid, "fresh");
    change.resize(cluster, vmid, "rootfs", "99G");
    change.setStatus(cluster, vmid, "stopped");
    const listed = await look();
    expect(listed).toMatchObject({ node: "pve2", name: "renamed", status: "offline" });
    const config = await readGuestConfig(client, { vmid, type: "lxc", node: "pve2" }, signal);
    expect(config.tags).toContain("fresh");
    expect(config.disks.find(({ name }) => name === "rootfs")?.bytes).toBe(99 * 2 ** 30);
    const removed = change.remove(cluster, vmid);
    expect(await look()).toBeUndefined();
    change.recreate(cluster, removed);
    expect(await look()).toMatchObject({ name: "renamed" });
  });

  test("guests of an offline node are listed as unknown, cannot be read and make the listing incomplete", async () => {
    const cluster = estate();
    change.setOnline(cluster, "pve2", false);
    await using proxmox = await startProxmox(cluster);
    const client = clientOf(proxmox);
    const { guests } = await readListing(client, signal);
    expect(guests).toHaveLength(cluster.guests.size);
    const there = guests.filter(({ node }) => node === "pve2");
    expect(there.length).toBeGreaterThan(3);
    for (const guest of there) expect(guest).toMatchObject({ known: false, state: "unknown", status: null });
    proxmox.resetCounts();
    const observed = await observe(client, guests);
    for (const { guest, state } of observed) expect(state).toBe(guest.node === "pve2" ? "failed" : "ok");
    expect(proxmox.mostInFlight().pve2).toBeUndefined();
    const gaps = await gapsOf(client);
    expect(gaps.guests).toEqual(["Node pve2 is not online."]);
    change.setOnline(cluster, "pve2", true);
    expect(await gapsOf(client)).toEqual({
      guests: [],
      storages: [],
      backups: [],
      sdn: [],
    });
  });

  test("hidden guests are left out silently, and the permissions give that away", async () => {
    const cluster = estate();
    change.hide(cluster, 105, 106);
    await using proxmox = await startProxmox(cluster);
    const client = clientOf(proxmox);
    const { guests } = await readListing(client, signal);
    expect(guests).toHaveLength(cluster.guests.size - 2);
    const gaps = await gapsOf(client);
    expect(gaps.guests).toEqual([
      "VM.Audit is missing or does not propagate on /vms/105.",
      "VM.Audit is missing or does not propagate on /vms/106.",
    ]);
    const { type = "qemu", node = "" } = cluster.guests.get(105) ?? {};
    expect(await codeOf(readGuestConfig(client, { vmid: 105, type, node }, signal))).toBe("proxmox_forbidden");
  });
});

describe("faults", () => {
  test.each<[string, Fault, string]>([
    ["a wrong token", wrongToken, "proxmox_unauthorized"],
    [
      "forbidden paths",
      pathFault(/resources/, { status: 403, message: "Permission check failed" }),
      "proxmox_forbidden",
    ],
    ["a server error", { does: { status: 500, message: "got timeout" } }, "proxmox_error"],
    ["a reset", { does: "reset" }, "proxmox_unreachable"],
    ["half an answer", { does: "truncated" }, "proxmox_bad_answer"],
    ["a web page", { does: "html" }, "proxmox_bad_answer"],
    ["an empty answer", { does: "empty" }, "proxmox_bad_answer"],
    ["a reset once", { does: "reset", times: 1 }, "answered"],
    ["half an answer once", { does: "truncated", times: 1 }, "answered"],
    ["another path forbidden", pathFault(/storage$/, { status: 403, message: "" }), "answered"],
    ["a delay", { does: { delayMs: 20 } }, "answered"],
  ])("%s", async (_, fault, code) => {
    await using proxmox = await startProxmox(estate(3));
    proxmox.fault(fault);
    expect(await codeOf(readListing(clientOf(proxmox), signal))).toBe(code);
    proxmox.clearFaults();
    expect(await codeOf(readListing(clientOf(proxmox), signal))).toBe("answered");
  });

  test("a node that cannot be reached, and guests of which half can be read", async () => {
    await using proxmox = await startProxmox(estate());
    const client = clientOf(proxmox);
    const { guests } = await readListing(client, signal);
    proxmox.fault(nodeFault("pve3", { status: 595, message: "No route to host" }));
    proxmox.fault(halfReadable);
    for (const { guest, state } of await observe(client, guests)) {
      expect(state).toBe(guest.node === "pve3" || guest.vmid % 2 === 1 ? "failed" : "ok");
    }
  });

  test("an endpoint that is down refuses connections, and answers at the same port once it is up", async () => {
    await using proxmox = await startProxmox(estate(3));
    const client = clientOf(proxmox);
    await proxmox.down();
    expect(await codeOf(readVersion(client, signal))).toBe("proxmox_unreachable");
    proxmox.up();
    expect(await codeOf(readVersion(client, signal))).toBe("answered");
  });

  test("an endpoint that goes down while its guests are read fails as a whole", async () => {
    await using proxmox = await startProxmox(estate(60));
    const client = clientOf(proxmox);
    const { guests } = await readListing(client, signal);
    proxmox.fault({ does: { delayMs: 20 } });
    const reading = codeOf(observe(client, guests));
    await Bun.sleep(60);
    await proxmox.down();
    expect(await reading).toBe("proxmox_unreachable");
  });

  test("wrong secrets are refused", async () => {
    await using proxmox = await startProxmox(estate(3));
    const wrong = [
      clientOf(proxmox, { token_value: "wrong" }),
      clientOf(proxmox, { token_value: null, password: "no" }),
    ];
    for (const client of wrong) expect(await codeOf(readVersion(client, signal))).toBe("proxmox_unauthorized");
  });
});

test("10,000 guests are listed and read with one request each", async () => {
  const [cluster] = buildEstate({ seed: 2, clusters: 1, nodes: 40, guests: 10_000, standalone: 0 }).clusters;
  await using proxmox = await startProxmox(cluster as EstateCluster);
  await using client = clientOf(proxmox, { timeout: 100 });
  const { guests } = await readListing(client, AbortSignal.timeout(100_000));
  const observed = await observe(client, guests, AbortSignal.timeout(100_000));
  expect(observed.filter(({ state }) => state === "ok")).toHaveLength(10_000);
  const { "/cluster/resources": listings, ...perGuest } = proxmox.counts();
  expect(listings).toBe(1);
  expect(Object.values(perGuest).reduce((sum, count) => sum + count, 0)).toBe(10_000);
}, 120_000);
