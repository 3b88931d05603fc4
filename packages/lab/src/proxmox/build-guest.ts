import { containerNetwork, machineNetwork } from "./build-network.ts";
import { buildSnapshots } from "./build-snapshots.ts";
import type { EstateCluster, EstateGuest, GuestOptions } from "./estate.ts";
import { containerVolumes, drives } from "./guest-volumes.ts";
import { type Random, seededRandom, seedOf } from "./random.ts";

/** Where a guest is built: `seed` is that of its estate. */
export type GuestPlace = { seed: number; cluster: EstateCluster; vmid: number; node: string };

/** Builds one guest of a cluster, with everything real guests have that makes a synchronisation stumble. */
export function buildGuest(random: Random, { seed, cluster, vmid, node }: GuestPlace): EstateGuest {
  const type = random.chance(0.65) ? "qemu" : "lxc";
  const template = random.chance(0.04);
  const name = nameOf(random, cluster, vmid);
  const shared = sharedOptions(random, vmid);
  const config = type === "qemu" ? virtualMachine(random, vmid) : container(random, vmid);
  if (name !== null) config[type === "qemu" ? "name" : "hostname"] = name;
  if (template) config.template = 1;
  const own = seededRandom(seedOf(seed, cluster.index, vmid));
  const owner = { cluster: cluster.index, vmid, name };
  const windows = /^win/.test(String(config.ostype));
  const network =
    type === "qemu" ? machineNetwork(own, owner, config.ciuser !== undefined, windows) : containerNetwork(own, owner);
  return {
    vmid,
    type,
    node,
    name: name ?? (type === "lxc" ? `CT${vmid}` : null),
    status: template ? "stopped" : random.pick(["running", "running", "running", "running", "stopped", "paused"]),
    template,
    pool: random.chance(0.2) ? random.pick(["customers", "internal"]) : null,
    config: { ...shared, ...config, ...network.options },
    system: network.system,
    agentAnswers: true,
    snapshots: buildSnapshots(own, cluster.index, type),
  };
}

const roles = ["web", "db", "cache", "mail", "build", "vpn", "dns", "monitor", "git", "app"] as const;

function nameOf(random: Random, cluster: EstateCluster, vmid: number): string | null {
  const dice = random.next();
  const plain = `${random.pick(roles)}-${vmid}`;
  if (dice < 0.01) return null;
  if (dice < 0.02) return `${"very-long-name-".repeat(4)}${vmid}.customers.example.net`;
  if (dice < 0.03) return `büro-${random.pick(["größe", "日本", "šifra"])}-${vmid}`;
  if (dice < 0.04) return `db (2)`;
  if (dice < 0.12) return random.pick(roles);
  if (dice < 0.15) return random.pick(roles).toUpperCase();
  if (dice < 0.18) return cluster.guests.get(random.integer(100, vmid))?.name ?? plain;
  return plain;
}

function sharedOptions(random: Random, vmid: number): GuestOptions {
  const options: GuestOptions = {};
  if (random.chance(0.5)) options.onboot = random.pick<string | number>(["1", 1, 0]);
  if (random.chance(0.6)) options.tags = tagsOf(random);
  if (random.chance(0.6)) options.description = noteOf(random, vmid);
  if (random.chance(0.15)) options.searchdomain = "example.net";
  if (random.chance(0.03)) options.lock = "backup";
  return options;
}

const tags = ["prod", "staging", "web", "db", "a+b", "a-b", "a_b", "pci-dss", "legacy", "proxbox", "tier.1"] as const;

function tagsOf(random: Random): string {
  const chosen = new Set(Array.from({ length: random.integer(1, 4) }, () => random.pick(tags)));
  return [...chosen].join(random.pick([";", ";", ";", ",", " "]));
}

function noteOf(random: Random, vmid: number): string {
  return random.pick([
    `Guest ${vmid} of the platform team\n`,
    `# Guest ${vmid}\n\nOwner: ops@example.net\nRestored from backup, see the wiki.\n`,
    `Überwachung für Kunde №${vmid} 🖥️\n\n- Ansprechpartner: Jürgen\n`,
    `\n\n  Starts after a blank line\n`,
    `${"A line that is much longer than NetBox allows a description to be. ".repeat(5)}\n`,
    `With metadata\n\`\`\`netbox-metadata\n{"tenant": 1}\n\`\`\`\nand more text\n`,
    `Broken metadata\n\`\`\`netbox-metadata\n{"tenant": }\n\`\`\`\n`,
  ]);
}

function virtualMachine(random: Random, vmid: number): GuestOptions {
  const config: GuestOptions = {
    cores: random.integer(1, 8),
    sockets: random.pick([1, 1, 2]),
    memory: String(random.pick([512, 2048, 4096, 16_384])),
    ostype: random.pick(["l26", "l26", "l26", "win10", "win11", "other"]),
    scsihw: "virtio-scsi-single",
    smbios1: `uuid=00000000-0000-4000-8000-${String(vmid).padStart(12, "0")}`,
    ...drives(random, vmid),
  };
  if (random.chance(0.6)) {
    config.agent = random.pick(["1", "1,fstrim_cloned_disks=1", "enabled=1,type=virtio", "type=virtio,enabled=1"]);
  } else if (random.chance(0.3)) config.agent = random.pick(["0", "enabled=0"]);
  if (random.chance(0.25)) Object.assign(config, cloudInit(random, vmid));
  return config;
}

function cloudInit(random: Random, vmid: number): GuestOptions {
  const key = `ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA+/${vmid}= ops@example.net\n`;
  const keys = key.repeat(random.chance(0.1) ? 300 : random.integer(1, 3));
  return {
    ide2: `local-lvm:vm-${vmid}-cloudinit,media=cdrom,size=4M`,
    ciuser: random.pick(["ops", "debian", "ubuntu"]),
    cipassword: "**********",
    sshkeys: encodeURIComponent(keys),
  };
}

function container(random: Random, vmid: number): GuestOptions {
  const config: GuestOptions = {
    arch: "amd64",
    memory: random.pick([256, 1024, 4096]),
    swap: 512,
    ostype: random.pick(["debian", "ubuntu", "alpine", "archlinux", "unmanaged"]),
    ...containerVolumes(random, vmid),
  };
  if (random.chance(0.8)) config.cores = random.integer(1, 4);
  if (random.chance(0.3)) config.cpulimit = random.pick(["0.5", "1.5", "2"]);
  if (random.chance(0.8)) config.unprivileged = random.pick<string | number>([1, "1"]);
  return config;
}
