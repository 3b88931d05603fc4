/** Names of platforms by the `ostype` of Proxmox VE 9.2: containers name a distribution, QEMU guests a family. */
const platforms: Record<string, string> = {
  alpine: "Alpine Linux",
  archlinux: "Arch Linux",
  centos: "CentOS",
  debian: "Debian",
  devuan: "Devuan",
  fedora: "Fedora",
  gentoo: "Gentoo",
  nixos: "NixOS",
  opensuse: "openSUSE",
  ubuntu: "Ubuntu",
  l24: "Linux 2.4 kernel",
  l26: "Linux 2.6 - 6.x kernel",
  solaris: "Solaris",
  w2k: "Windows 2000",
  w2k3: "Windows 2003",
  w2k8: "Windows 2008",
  wxp: "Windows XP",
  wvista: "Windows Vista",
  win7: "Windows 7 / 2008 R2",
  win8: "Windows 8 / 2012",
  win10: "Windows 10 / 2016 / 2019",
  win11: "Windows 11 / 2022 / 2025",
};

/** Every platform that a guest can be said to have. */
export const platformNames: readonly string[] = Object.values(platforms);

/** The platform a guest's `ostype` stands for; null for `other`, `unmanaged` and types we do not know. */
export function platformOf(ostype: unknown): string | null {
  if (typeof ostype !== "string") return null;
  const key = ostype.trim().toLowerCase();
  return Object.hasOwn(platforms, key) ? (platforms[key] ?? null) : null;
}
