import type { GuestOptions } from "./estate.ts";
import type { Random } from "./random.ts";

/** Drives of a virtual machine in every form a configuration can hold. */
export function drives(random: Random, vmid: number): GuestOptions {
  const volume = (disk: number, storage = "local-lvm") => `${storage}:vm-${vmid}-disk-${disk}`;
  const size = () => random.pick(["8G", "32G", "100G", "1T", "1536M", "10.5G"]);
  const options: GuestOptions = {
    [random.pick(["scsi0", "scsi0", "scsi0", "virtio0", "sata0"])]: `${volume(0)},iothread=1,size=${size()}`,
  };
  if (random.chance(0.4)) options.scsi1 = `${volume(1, "ceph")},discard=on,size=${size()},ssd=1`;
  if (random.chance(0.2))
    options.efidisk0 = `${volume(2)},efitype=4m,pre-enrolled-keys=1,size=${random.pick(["528K", "4M"])}`;
  if (random.chance(0.15)) options.tpmstate0 = `${volume(3)},size=4M,version=v2.0`;
  if (random.chance(0.2))
    options.ide2 = random.pick(["none,media=cdrom", "local:iso/debian-13.iso,media=cdrom,size=754M"]);
  if (random.chance(0.1)) options.scsi5 = `local:${vmid}/vm-${vmid}-disk-5.qcow2,format=qcow2,size=21474836480`;
  if (random.chance(0.05)) options.sata3 = "/dev/disk/by-id/ata-EXAMPLE_0815,size=976762584K";
  if (random.chance(0.05)) options.virtio7 = "/dev/sdb";
  if (random.chance(0.1)) options.unused0 = volume(9);
  if (random.chance(0.05)) options.scsi10 = `file=${volume(10, "tank")},size=16G`;
  return options;
}

/** Root and mount points of a container. */
export function containerVolumes(random: Random, vmid: number): GuestOptions {
  const options: GuestOptions = {
    rootfs: `local-lvm:vm-${vmid}-disk-0,size=${random.pick(["4G", "8G", "500M"])}`,
  };
  if (random.chance(0.2)) options.mp0 = `tank:subvol-${vmid}-disk-1,mp=/srv/data,backup=1,size=50G`;
  if (random.chance(0.1)) options.mp1 = "/mnt/bind,mp=/mnt/shared";
  if (random.chance(0.05)) options.mp10 = `volume=ceph:vm-${vmid}-disk-2,mp=/srv/more,size=1T`;
  return options;
}
