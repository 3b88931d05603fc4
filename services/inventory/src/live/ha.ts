import { readHaGroups, readHaResources, readHaRules, readHaStatus } from "@proxbox/proxmox/resources/ha";
import { askClusters, type Site } from "./ask-all.ts";
import { guestOfSid, haGroupShape, haResourceShape, haRuleShape, haStatusShape } from "./ha-shape.ts";
import type { Live, LiveHandler } from "./live.ts";
import { vmidOf } from "./params.ts";

const status = async ({ name, client, signal }: Site) =>
  (await readHaStatus(client, signal)).map((row) => haStatusShape(name, row));

const groups = async ({ name, client, signal }: Site) =>
  (await readHaGroups(client, signal)).map((row) => haGroupShape(name, row));

const rules = async ({ name, client, signal }: Site) =>
  (await readHaRules(client, signal)).map((row) => haRuleShape(name, row));

const resources = async ({ name, client, signal }: Site) => {
  const [rows, now] = await Promise.all([readHaResources(client, signal), readHaStatus(client, signal)]);
  return rows.map((row) => haResourceShape(name, row, now));
};

const inOneList = async <T>(live: Live, ask: (site: Site) => Promise<T[]>) => (await askClusters(live, ask)).flat();

/** The state of high availability: managers, quorum and services of all endpoints in one list. */
export const haStatus: LiveHandler = (live) => inOneList(live, status);
/** The services of all endpoints in one list, each with its state. */
export const haResources: LiveHandler = (live) => inOneList(live, resources);
/** The groups of nodes of all endpoints in one list. */
export const haGroups: LiveHandler = (live) => inOneList(live, groups);
/** The rules of all endpoints in one list. */
export const haRules: LiveHandler = (live) => inOneList(live, rules);

/** All four lists of all endpoints. */
export const haSummary: LiveHandler = async (live) => {
  const answers = await askClusters(live, async (site) => {
    const lists = [status(site), groups(site), resources(site), rules(site)] as const;
    const [statusRows, groupRows, resourceRows, ruleRows] = await Promise.all(lists);
    return { status: statusRows, groups: groupRows, resources: resourceRows, rules: ruleRows };
  });
  return {
    status: answers.flatMap((each) => each.status),
    groups: answers.flatMap((each) => each.groups),
    resources: answers.flatMap((each) => each.resources),
    rules: answers.flatMap((each) => each.rules),
  };
};

/** A guest as a service; null when it is none. */
export const haGuest: LiveHandler = async (live) => {
  const vmid = vmidOf(live.params);
  const all = await inOneList(live, resources);
  return all.find(({ sid }) => guestOfSid(sid) === vmid) ?? null;
};
