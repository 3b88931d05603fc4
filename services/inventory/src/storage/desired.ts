import type { SyncOptions } from "@proxbox/contracts/sync-options";
import type { Desired } from "@proxbox/netbox/desired";
import type { HostBinding } from "@proxbox/netbox/hosts/bind";
import { clusterRef } from "@proxbox/netbox/hosts/desired";
import { oursTag } from "@proxbox/netbox/tags";
import type { Storage } from "@proxbox/proxmox/resources/storage";

/** What the plugin's storage table should hold for one storage. Pure. What Proxmox no longer sets is cleared. */
export function desiredStorage(storage: Storage, binding: HostBinding, options: SyncOptions): Desired {
  return {
    kind: "storage",
    identity: { cluster: clusterRef(binding), name: storage.name },
    values: {
      storage_type: storage.type || null,
      content: storage.content,
      path: storage.path,
      nodes: storage.nodes,
      shared: storage.shared,
      enabled: storage.enabled,
      server: storage.server,
      port: storage.port,
      username: storage.username,
      export: storage.export,
      share: storage.share,
      pool: storage.pool,
      monhost: storage.monhost,
      namespace: storage.namespace,
      datastore: storage.datastore,
      subdir: storage.subdir,
      mountpoint: storage.mountpoint,
      is_mountpoint: storage.isMountpoint,
      preallocation: storage.preallocation,
      format: storage.format,
      prune_backups: storage.pruneBackups,
      max_protected_backups: storage.maxProtectedBackups,
      raw_config: storage.raw,
    },
    tags: { add: [oursTag], keep: !options.overwrite_storage_tags },
    label: `${binding.cluster.name}/${storage.name}`,
  };
}
