import { expect, test } from "bun:test";
import { guestConfigOf } from "./guests.ts";

test("a QEMU guest's configuration", () => {
  const config = guestConfigOf(
    {
      name: "web",
      onboot: "1",
      agent: "enabled=1,type=virtio",
      ostype: "l26",
      cores: "2",
      sockets: 1,
      tags: "prod,web",
      description: "Web\n",
      searchdomain: "example.com ",
      ciuser: "ops",
      cipassword: "hidden",
      scsi0: "local-lvm:vm-100-disk-0,size=32G",
      net0: "virtio=AA:BB:CC:DD:EE:FF,bridge=vmbr0",
      digest: "0f",
    },
    "qemu",
  );
  expect(config).toMatchObject({
    startAtBoot: true,
    agent: true,
    unprivileged: null,
    searchDomain: "example.com",
    tags: ["prod", "web"],
    note: "Web\n",
    platform: "Linux 2.6 - 6.x kernel",
    cores: 2,
    sockets: 1,
    disks: [{ name: "scsi0" }],
    cloudInit: { ciuser: "ops", sshkeysTruncated: false },
  });
  expect(config.raw.net0).toBe("virtio=AA:BB:CC:DD:EE:FF,bridge=vmbr0");
  expect(JSON.stringify(config)).not.toContain("hidden");
});

test("a container's configuration", () => {
  const config = guestConfigOf({ hostname: "db", unprivileged: 1, ostype: "debian", agent: "1", ciuser: "x" }, "lxc");
  expect(config).toMatchObject({ unprivileged: true, agent: false, platform: "Debian", cloudInit: null, disks: [] });
  expect(guestConfigOf({}, "lxc")).toMatchObject({ unprivileged: false, startAtBoot: false, tags: [], note: null });
});
