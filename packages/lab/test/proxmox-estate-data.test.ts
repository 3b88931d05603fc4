import { describe, expect, test } from "bun:test";
import { buildEstate, demoSize } from "../src/proxmox/build-estate.ts";
import type { EstateGuest, Row } from "../src/proxmox/estate.ts";

const { clusters } = buildEstate({ ...demoSize, guests: 600 });
const guests = clusters.flatMap((cluster) => [...cluster.guests.values()]);
const cardsOf = ({ config }: EstateGuest) =>
  Object.entries(config)
    .filter(([key]) => /^net\d+$/.test(key))
    .map(([, card]) => String(card));
const cards = guests.flatMap(cardsOf);
const snapshots = guests.flatMap((guest) => guest.snapshots);
const volumes = clusters.flatMap((cluster) => cluster.volumes.map(({ row }) => row));
const tasks = clusters.flatMap((cluster) => cluster.nodes.flatMap((node) => node.tasks));
const interfaces = guests.flatMap(({ system }) => system.interfaces);
const nodeInterfaces = clusters.flatMap((cluster) => cluster.nodes.flatMap((node) => node.interfaces));
const jobs = clusters.flatMap((cluster) => cluster.backupJobs);
const replications = clusters.flatMap((cluster) => cluster.replications);

const text =
  (...patterns: RegExp[]) =>
  (value: string) =>
    patterns.every((pattern) => pattern.test(value));
const row = (values: Row) => (candidate: object) =>
  Object.entries(values).every(([key, value]) =>
    value instanceof RegExp ? value.test(String((candidate as Row)[key])) : (candidate as Row)[key] === value,
  );

describe("among 600 guests there is", () => {
  test.each<[string, readonly unknown[], (value: never) => boolean]>([
    ...["virtio", "e1000", "e1000e", "rtl8139", "vmxnet3"].map(
      (model) =>
        [`a ${model} card`, cards, text(new RegExp(`^${model}=`))] as [string, string[], (v: never) => boolean],
    ),
    ["a card in long form", cards, text(/^macaddr=.*model=/)],
    ["a card with trunks in a range", cards, text(/trunks=20;30-32/)],
    ["a card whose link is down", cards, text(/link_down=1/)],
    ["a card with an MTU of its bridge", cards, text(/mtu=1,|mtu=1$/)],
    ["a gap between cards", guests, ({ config }: EstateGuest) => "net2" in config && !("net1" in config)],
    ["a container's static address, IPv4 and IPv6", cards, text(/ip=10\./, /ip6=2001:/)],
    ["a container's address by DHCP and by announcement", cards, text(/ip=dhcp/, /ip6=auto/)],
    ["a container without address", cards, text(/ip=manual/)],
    ["a static address by cloud-init", guests, ({ config }: EstateGuest) => /^ip=10\./.test(String(config.ipconfig0))],
    ["a second one", guests, ({ config }: EstateGuest) => config.ipconfig1 !== undefined],
    ["an alias", interfaces, row({ name: "ens18:1" })],
    ["a VLAN in a guest", interfaces, row({ name: "ens18.40" })],
    ["a bridge of containers", interfaces, row({ name: "docker0" })],
    ["a name with blanks", interfaces, row({ name: /^Ethernet \d$/ })],
    ["a snapshot of a snapshot", snapshots, row({ parent: /^before-update/ })],
    ["a snapshot with memory", snapshots, row({ vmstate: 1 })],
    ["a snapshot with a long description", snapshots, row({ description: /.{300}/ })],
    ["a snapshot described beyond ASCII", snapshots, row({ description: /Größe/ })],
    ...["vma.zst", "vma.gz", "vma.lzo", "vma", "tar.zst", "tar.gz", "tar", "pbs-vm", "pbs-ct"].map(
      (format) =>
        [`a backup as ${format}`, volumes, row({ format, content: "backup" })] as [
          string,
          Row[],
          (v: never) => boolean,
        ],
    ),
    ["an encrypted backup", volumes, row({ encrypted: /^AB:CD/ })],
    ["a protected backup", volumes, row({ protected: 1 })],
    ["a verified backup", volumes, ({ verification }: Row) => (verification as Row | undefined)?.state === "failed"],
    ["a backup of nobody", volumes, ({ content, vmid }: Row) => content === "backup" && vmid === undefined],
    ["a volume that is no backup", volumes, row({ content: "iso" })],
    ["a task that failed", tasks, row({ status: /^command/ })],
    ["a task with a reason of 2,000 letters", tasks, row({ status: /.{2000}/ })],
    ["a backup of many guests", tasks, row({ type: "vzdump", id: "" })],
    ["a task whose number is no guest", tasks, row({ type: "zfscreate", id: "100" })],
    ["a task of a guest that is gone", tasks, row({ id: "99999" })],
    ["a job of everything", jobs, row({ all: 1, exclude: "101" })],
    ["a job without schedule", jobs, ({ schedule }: Row) => schedule === undefined],
    ["a job that keeps everything", jobs, row({ "prune-backups": "keep-all=1" })],
    ["a job of one guest as a number", jobs, row({ vmid: 100 })],
    ["a replication numbered 0", replications, row({ jobnum: 0 })],
    ["a replication numbered by text", replications, row({ jobnum: "0" })],
    ["a replication without schedule", replications, ({ schedule }: Row) => schedule === undefined],
    ["a replication that is off", replications, row({ disable: 1 })],
    ...["eth", "bond", "bridge", "vlan", "alias", "OVSBridge", "OVSBond", "OVSIntPort", "OVSPort", "unknown"].map(
      (type) =>
        [`an interface of type ${type}`, nodeInterfaces, row({ type })] as [string, Row[], (v: never) => boolean],
    ),
    ["an interface that is not active", nodeInterfaces, row({ type: "eth", active: undefined })],
    ["a VLAN known by its name alone", nodeInterfaces, row({ iface: "vmbr0.10", "vlan-id": undefined })],
  ])("%s", (_, values, has) => {
    expect((values as never[]).some(has)).toBe(true);
  });
});

test("no address of a guest or node is there twice, docker's apart", () => {
  const ofGuests = interfaces.filter(({ name }) => !/^(?:lo|docker0|veth)/.test(name)).flatMap((one) => one.addresses);
  const ofNodes = nodeInterfaces.flatMap(({ address, cidr6 }) => [address, cidr6]).filter((one) => one !== undefined);
  const all = [...ofGuests.filter((one) => !one.startsWith("fe80:")), ...ofNodes].map(
    (one) => String(one).split("/")[0],
  );
  expect(new Set(all).size).toBe(all.length);
});

test("no task is there twice, and all are over", () => {
  expect(new Set(tasks.map(({ upid }) => upid)).size).toBe(tasks.length);
  for (const { starttime, endtime } of tasks) expect(endtime).toBeGreaterThan(starttime);
});

test("sizes can be set: no backups, no tasks of guests", () => {
  const [cluster] = buildEstate({
    seed: 1,
    clusters: 1,
    nodes: 2,
    guests: 30,
    backupsPerGuest: 0,
    tasksPerGuest: 0,
  }).clusters;
  expect(cluster?.volumes.filter(({ row }) => row.content === "backup" && row.vmid !== 99_999 && row.vmid)).toEqual([]);
  expect(cluster?.nodes.flatMap((node) => node.tasks).filter(({ id }) => cluster.guests.has(Number(id))).length).toBe(
    4,
  );
});

test("10,000 guests are built within a second or two", () => {
  const started = performance.now();
  const { clusters } = buildEstate({ seed: 1, clusters: 4, nodes: 60, guests: 10_000 });
  expect(clusters.reduce((sum, cluster) => sum + cluster.guests.size, 0)).toBe(10_000);
  expect(performance.now() - started).toBeLessThan(3000);
});
