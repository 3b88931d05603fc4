import type { LiveReadName } from "@proxbox/contracts/live";
import * as cluster from "./cluster.ts";
import * as firewall from "./firewall.ts";
import * as guests from "./guests.ts";
import * as ha from "./ha.ts";
import type { LiveHandler } from "./live.ts";
import * as netbox from "./netbox.ts";
import { netboxCheck } from "./netbox-check.ts";
import * as nodes from "./nodes.ts";
import { sdn } from "./sdn.ts";
import * as storage from "./storage.ts";

/** What answers each live read. */
export const liveHandlers: Record<LiveReadName, LiveHandler> = {
  version: cluster.version,
  sessions: cluster.sessions,
  "cluster-status": cluster.clusterStatus,
  "cluster-resources": cluster.clusterResources,
  nodes: cluster.nodes,
  "node-network": nodes.nodeNetwork,
  "node-config": nodes.nodeConfig,
  "node-qemu": nodes.nodeQemu,
  "guest-firewall": guests.guestFirewallWhole,
  storage: storage.storage,
  "storage-content": storage.storageContent,
  "guest-config": guests.guestConfig,
  "backup-jobs": cluster.backupJobs,
  replication: cluster.replication,
  "ha-summary": ha.haSummary,
  "ha-status": ha.haStatus,
  "ha-resources": ha.haResources,
  "ha-groups": ha.haGroups,
  "ha-rules": ha.haRules,
  "ha-guest": ha.haGuest,
  "firewall-summary": firewall.firewallSummary,
  "firewall-datacenter": firewall.firewallDatacenter,
  "firewall-node": firewall.firewallNode,
  "firewall-guest": firewall.firewallGuest,
  "cpu-models": cluster.cpuModels,
  "datacenter-options": cluster.datacenterOptions,
  sdn,
  api2: nodes.api2,
  "netbox-status": netbox.netboxStatus,
  "netbox-openapi": netbox.netboxOpenApi,
  "netbox-machines": netbox.netboxMachines,
  "netbox-machine": netbox.netboxMachine,
  "netbox-check": netboxCheck,
};
