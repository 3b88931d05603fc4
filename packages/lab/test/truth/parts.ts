import type { Truth } from "./form.ts";

/** What the stage devices makes. */
export const hostPaths = [
  "dcim/manufacturers",
  "dcim/device-types",
  "dcim/sites",
  "dcim/devices",
  "virtualization/cluster-types",
  "virtualization/clusters",
  "plugins/proxbox/proxmox-clusters",
  "plugins/proxbox/proxmox-nodes",
  "plugins/proxbox/sync-state/clusters",
  "plugins/proxbox/sync-state/devices",
] as const;

/** What the stage virtual-machines makes, apart from the hosts. */
export const machinePaths = [
  "extras/tags",
  "dcim/device-roles",
  "dcim/platforms",
  "virtualization/virtual-machine-types",
  "virtualization/virtual-machines",
  "plugins/proxbox/sync-state/virtual-machines",
  "plugins/proxbox/vm-cloudinit",
] as const;

/** A truth without the rows of all other paths, and so without the addresses that hosts and machines have on them. */
export function only(truth: Truth, paths: readonly string[]): Truth {
  const withoutAddresses = (columns: Truth[string][string]) =>
    "primary_ip4" in columns ? { ...columns, primary_ip4: null, primary_ip6: null } : columns;
  return Object.fromEntries(
    Object.entries(truth).map(([path, rows]) => {
      const kept = paths.includes(path) ? Object.entries(rows) : [];
      return [path, Object.fromEntries(kept.map(([key, columns]) => [key, withoutAddresses(columns)]))];
    }),
  );
}
