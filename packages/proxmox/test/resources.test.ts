import { describe, expect, test } from "bun:test";
import type { ProxmoxClient } from "../src/client.ts";
import { readBackupJobs } from "../src/resources/backup-jobs.ts";
import { readBackups } from "../src/resources/backups.ts";
import { readNodeNetwork } from "../src/resources/node-network.ts";
import { readReplications } from "../src/resources/replication.ts";
import { readSdn } from "../src/resources/sdn.ts";
import { readSnapshots } from "../src/resources/snapshots.ts";
import { type TaskWindow, taskPages } from "../src/resources/tasks.ts";
import { data, failureOf, serve } from "./server.ts";

const signal = AbortSignal.timeout(20_000);
const guest = { node: "a", type: "lxc", vmid: 100 } as const;

const lists: [string, (client: ProxmoxClient) => Promise<unknown[]>, string, object][] = [
  ["snapshots", (client) => readSnapshots(client, guest, signal), "/nodes/a/lxc/100/snapshot", { name: "before" }],
  [
    "backups",
    (client) => readBackups(client, { storage: "s", node: "a" }, signal),
    "/nodes/a/storage/s/content?content=backup",
    { volid: "s:backup/vm/100/x" },
  ],
  ["backup jobs", (client) => readBackupJobs(client, signal), "/cluster/backup", { id: "backup-1" }],
  ["replications", (client) => readReplications(client, signal), "/cluster/replication", { id: "100-0", target: "b" }],
  ["a node's interfaces", (client) => readNodeNetwork(client, "a", signal), "/nodes/a/network", { iface: "eno1" }],
];

test.each(lists)("%s are one request; what is no row is left out", async (_, read, path, row) => {
  const asked: string[] = [];
  using server = serve((request) => {
    asked.push(request.url.slice(request.url.indexOf("/api2/json") + "/api2/json".length));
    return data([row, null, {}, 7]);
  });
  expect(await read(server.client)).toHaveLength(1);
  expect(asked).toEqual([path]);
});

test.each(lists)("%s that are no list are a bad answer", async (_, read) => {
  using server = serve(() => data({ list: [] }));
  expect((await failureOf(read(server.client))).code).toBe("proxmox_bad_answer");
});

describe("taskPages", () => {
  const page = (start: number, count: number) =>
    Array.from({ length: count }, (_, index) => ({ upid: `UPID:${start + index}`, starttime: 1, id: "100" }));
  const read = async (answer: (start: number) => unknown[], change: Partial<TaskWindow> = {}) => {
    const asked: string[] = [];
    using server = serve((request) => {
      const query = new URL(request.url).searchParams;
      asked.push(query.toString());
      return data(answer(Number(query.get("start"))));
    });
    const pages = await Array.fromAsync(taskPages(server.client, "a", { until: 9_000, signal, ...change }));
    return { asked, tasks: pages.flat() };
  };

  test("reads page after page of the archive up to one that is not full", async () => {
    const { asked, tasks } = await read((start) => page(start, start < 1_000 ? 500 : 3), { vmid: 100 });
    expect(tasks).toHaveLength(1_003);
    expect(asked).toEqual([
      "source=archive&limit=500&start=0&until=9000&vmid=100",
      "source=archive&limit=500&start=500&until=9000&vmid=100",
      "source=archive&limit=500&start=1000&until=9000&vmid=100",
    ]);
  });

  test("who has seen enough asks no further", async () => {
    let asked = 0;
    using server = serve(() => {
      asked += 1;
      return data(page(0, 500));
    });
    for await (const tasks of taskPages(server.client, "a", { until: 1, signal })) {
      expect(tasks).toHaveLength(500);
      break;
    }
    expect(asked).toBe(1);
  });

  test("a server that repeats its page is not asked for ever", async () => {
    const { asked, tasks } = await read(() => page(0, 500));
    expect(tasks).toHaveLength(500);
    expect(asked).toEqual([
      "source=archive&limit=500&start=0&until=9000",
      "source=archive&limit=500&start=500&until=9000",
    ]);
  });

  test("a task that is on two pages is one, and an empty archive has none", async () => {
    expect((await read((start) => page(start === 0 ? 0 : 499, start === 0 ? 500 : 2))).tasks).toHaveLength(501);
    expect((await read(() => [])).tasks).toEqual([]);
  });

  test("no list is a bad answer", async () => {
    using server = serve(() => data(null));
    const read = Array.fromAsync(taskPages(server.client, "a", { until: 1, signal }));
    expect((await failureOf(read)).code).toBe("proxmox_bad_answer");
  });
});

describe("readSdn", () => {
  const answers: Record<string, unknown> = {
    "/cluster/sdn/zones": [{ zone: "z1", type: "vlan" }],
    "/cluster/sdn/vnets": [
      { vnet: "v1", zone: "z1" },
      { vnet: "v2", zone: "z1" },
    ],
    "/cluster/sdn/vnets/v1/subnets": [{ subnet: "z1-10.0.0.0-24", cidr: "10.0.0.0/24" }],
    "/cluster/sdn/vnets/v2/subnets": [],
    "/cluster/sdn/controllers": [{ controller: "c1", type: "bgp" }],
    "/cluster/sdn/fabrics/all": { fabrics: [{ id: "f1", protocol: "ospf" }], nodes: [] },
    "/cluster/sdn/ipams": [{ ipam: "pve", type: "pve" }],
  };
  const missing = () => Response.json({ message: "Method 'GET /cluster/sdn' not implemented" }, { status: 501 });
  const read = async (change: Record<string, () => Response> = {}) => {
    using server = serve((_, path) => change[path]?.() ?? data(answers[path]), { retries: 0 });
    return await readSdn(server.client, signal);
  };

  test("everything there is", async () => {
    expect(await read()).toMatchObject({
      state: "ok",
      sdn: {
        zones: [{ name: "z1" }],
        vnets: [{ name: "v1" }, { name: "v2" }],
        subnets: [{ prefix: "10.0.0.0/24", vnet: "v1", zone: "z1" }],
        controllers: [{ name: "c1" }],
        fabrics: [{ name: "f1" }],
        ipams: [{ name: "pve", type: "pve" }],
        unread: [],
      },
    });
  });

  test("a server without it has none, one without fabrics has the rest", async () => {
    expect(await read({ "/cluster/sdn/zones": missing })).toEqual({
      state: "none",
      reason: "pve has no software-defined network.",
    });
    const older = await read({ "/cluster/sdn/fabrics/all": missing });
    expect(older).toMatchObject({ state: "ok", sdn: { fabrics: [], vnets: [{}, {}] } });
  });

  test("the subnets of a vnet that cannot be read are told of", async () => {
    const broken = () => Response.json({ message: "broken" }, { status: 500 });
    expect(await read({ "/cluster/sdn/vnets/v2/subnets": broken })).toMatchObject({
      sdn: { subnets: [{ vnet: "v1" }], unread: [{ vnet: "v2", reason: expect.stringContaining("broken") }] },
    });
    const vnets = read({ "/cluster/sdn/vnets": broken });
    expect((await failureOf(vnets)).code).toBe("proxmox_error");
  });
});
