import type { EstateStorage } from "./estate.ts";

/** Storages of every kind, as GET /storage gives them, for a cluster of these nodes. */
export function buildStorages(nodes: readonly string[]): EstateStorage[] {
  const [first = "pve1"] = nodes;
  const storages: EstateStorage[] = [
    {
      storage: "local",
      type: "dir",
      path: "/var/lib/vz",
      content: "iso,vztmpl,backup,import",
      "prune-backups": "keep-all=1",
    },
    { storage: "local-lvm", type: "lvmthin", vgname: "pve", thinpool: "data", content: "rootdir,images" },
    {
      storage: "tank",
      type: "zfspool",
      pool: "rpool/data",
      mountpoint: "/rpool/data",
      sparse: 1,
      content: "images,rootdir",
    },
    {
      storage: "nfs-backup",
      type: "nfs",
      server: "nas.example.net",
      export: "/export/proxmox",
      path: "/mnt/pve/nfs-backup",
      options: "vers=4.2",
      content: "backup,iso",
      preallocation: "off",
      shared: "1",
      "prune-backups": "keep-daily=7,keep-last=3,keep-weekly=4",
      "max-protected-backups": "5",
    },
    {
      storage: "share",
      type: "cifs",
      server: "10.9.0.5",
      share: "vm",
      username: "proxmox",
      domain: "EXAMPLE",
      path: "/mnt/pve/share",
      subdir: "/disks",
      content: "images,snippets",
      disable: 1,
      shared: 1,
    },
    {
      storage: "pbs",
      type: "pbs",
      server: "pbs.example.net",
      port: "8007",
      datastore: "main",
      namespace: "prod",
      username: "sync@pbs!pve",
      fingerprint: "AB:CD:EF:01:23:45:67:89:AB:CD:EF:01:23:45:67:89:AB:CD:EF:01:23:45:67:89:AB:CD:EF:01:23:45:67:89",
      "encryption-key": "1",
      content: "backup",
      shared: 1,
    },
    {
      storage: "usb",
      type: "dir",
      path: "/mnt/usb",
      is_mountpoint: "yes",
      content: "backup",
      nodes: first,
      shared: 0,
      format: "qcow2",
    },
    { storage: "san", type: "lvm", vgname: "vg_san", base: "iscsi:0.0.1.scsi-36001405", content: "images", shared: 1 },
  ];
  if (nodes.length < 2) return storages;
  return [
    ...storages,
    {
      storage: "ceph",
      type: "rbd",
      pool: "vms",
      monhost: "10.8.0.1 10.8.0.2 10.8.0.3",
      username: "admin",
      krbd: 0,
      content: "images,rootdir",
      shared: 1,
    },
    {
      storage: "cephfs",
      type: "cephfs",
      monhost: "10.8.0.1 10.8.0.2",
      subdir: "/iso",
      path: "/mnt/pve/cephfs",
      content: "iso,vztmpl",
      nodes: nodes.slice(0, 2).join(","),
      shared: 1,
    },
  ];
}
