import { describe, expect, test } from "bun:test";
import { buildEstate, demoSize } from "../src/proxmox/build-estate.ts";
import type { EstateGuest } from "../src/proxmox/estate.ts";

const estate = buildEstate(demoSize);
const guests = estate.clusters.flatMap((cluster) => [...cluster.guests.values()]);

test("the demo has three clusters, eight nodes and 300 guests, one cluster a standalone node", () => {
  expect(estate.clusters.map(({ name, standalone, nodes }) => [name, standalone, nodes.length])).toEqual([
    ["frankfurt", false, 4],
    ["lisbon", false, 3],
    ["solo3", true, 1],
  ]);
  expect(guests).toHaveLength(300);
});

test("the same size gives the same estate, another seed another one", () => {
  expect(buildEstate(demoSize)).toEqual(estate);
  expect(buildEstate({ ...demoSize, seed: 2 })).not.toEqual(estate);
});

const namesOf = (cluster: (typeof estate.clusters)[0]) => [...cluster.guests.values()].map(({ name }) => name);
const option = (key: RegExp, value: RegExp) => (guest: EstateGuest) =>
  Object.entries(guest.config).some(([name, text]) => key.test(name) && value.test(String(text)));

describe("among 300 guests there is one", () => {
  test.each<[string, (guest: EstateGuest) => boolean]>([
    ["without name", ({ name }) => name === null],
    ["with a name longer than NetBox keeps", ({ name }) => (name?.length ?? 0) > 64],
    ["with a name beyond ASCII", ({ name }) => /[^\0-\x7f]/.test(name ?? "")],
    ["that is a template", ({ template }) => template],
    ["paused", ({ status }) => status === "paused"],
    ["with a fraction of a CPU", option(/^cpulimit$/, /\./)],
    ["with the agent on, long form", option(/^agent$/, /^enabled=1,/)],
    ["with the agent off", option(/^agent$/, /0$/)],
    ["with cloud-init keys longer than 10 KiB", ({ config }) => String(config.sshkeys ?? "").length > 10_240],
    ["with an EFI disk of 528K", option(/^efidisk0$/, /size=528K/)],
    ["with a drive in bytes", option(/^scsi5$/, /size=\d+$/)],
    ["with a passed-through device", option(/^sata3$/, /^\/dev\//)],
    ["with an empty CD-ROM drive", option(/^ide2$/, /^none,/)],
    ["with a bind mount", option(/^mp1$/, /^\/mnt\//)],
    ["with tags apart by commas", option(/^tags$/, /,/)],
    ["with tags apart by blanks", option(/^tags$/, / /)],
    ["with a metadata block", option(/^description$/, /```netbox-metadata\n\{"tenant": 1/)],
    ["with a broken metadata block", option(/^description$/, /```netbox-metadata\n\{"tenant": \}/)],
    ["with a note beyond ASCII", option(/^description$/, /Ü/)],
  ])("%s", (_, has) => {
    expect(guests.some(has)).toBe(true);
  });

  test("with the name of another guest of its cluster, in the same and in another case", () => {
    const [names = []] = estate.clusters.map(namesOf);
    const folded = names.map((name) => name?.toLowerCase());
    expect(new Set(names).size).toBeLessThan(names.length);
    expect(new Set(folded).size).toBeLessThan(new Set(names).size);
  });
});

test("offline nodes are taken from clusters that have others", () => {
  const { clusters } = buildEstate({ ...demoSize, offlineNodes: 2 });
  expect(clusters.flatMap(({ nodes }) => nodes).filter(({ online }) => !online)).toHaveLength(2);
  for (const { nodes } of clusters) expect(nodes.some(({ online }) => online)).toBe(true);
});

test.each([
  [{ clusters: 1, nodes: 1, guests: 0 }, 1],
  [{ clusters: 1, nodes: 3, guests: 5 }, 1],
  [{ clusters: 9, nodes: 20, guests: 50, standalone: 3 }, 9],
  [{ clusters: 2, nodes: 2, guests: 4, standalone: 2 }, 2],
])("%p can be built, names differ", (size, count) => {
  const { clusters } = buildEstate({ seed: 3, ...size });
  expect(new Set(clusters.map(({ name }) => name)).size).toBe(count);
  expect(clusters.reduce((sum, { nodes }) => sum + nodes.length, 0)).toBe(size.nodes);
  expect(clusters.reduce((sum, cluster) => sum + cluster.guests.size, 0)).toBe(size.guests);
});

test("impossible sizes are refused", () => {
  expect(() => buildEstate({ seed: 1, clusters: 3, nodes: 2, guests: 1 })).toThrow("at least as many nodes");
  expect(() => buildEstate({ seed: 1, clusters: 2, nodes: 3, guests: 1, standalone: 2 })).toThrow("one node each");
});
