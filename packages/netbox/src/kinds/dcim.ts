import { boolean, choice, color, type Kind, optionalText, reference, text } from "../kind.ts";

/** `dcim/manufacturers`. */
export const manufacturer: Kind = {
  path: "dcim/manufacturers",
  label: "manufacturer",
  model: "dcim.manufacturer",
  identity: { slug: "slug" },
  fields: { slug: text(100), name: text(100), description: text(200) },
  tagged: true,
};

/** `dcim/device-types`. Its slug is unique per manufacturer; ours is unlike any other. */
export const deviceType: Kind = {
  path: "dcim/device-types",
  label: "device type",
  model: "dcim.devicetype",
  identity: { slug: "slug" },
  fields: { slug: text(100), model: text(100), manufacturer: reference("manufacturer"), description: text(200) },
  tagged: true,
};

/** `dcim/device-roles`, for devices and virtual machines. */
export const deviceRole: Kind = {
  path: "dcim/device-roles",
  label: "device role",
  model: "dcim.devicerole",
  identity: { slug: "slug" },
  fields: { slug: text(100), name: text(100), color, vm_role: boolean, description: text(200) },
  tagged: true,
};

/** `dcim/platforms`. */
export const platform: Kind = {
  path: "dcim/platforms",
  label: "platform",
  model: "dcim.platform",
  identity: { slug: "slug" },
  fields: { slug: text(100), name: text(100), description: text(200) },
  tagged: true,
};

/** `dcim/devices`. The name is unique per site without regard to case; a device is in the site of its cluster. */
export const device: Kind = {
  path: "dcim/devices",
  label: "device",
  model: "dcim.device",
  identity: { site: "site_id", name: "name" },
  caseless: ["name"],
  fields: {
    name: text(64),
    site: reference("site"),
    cluster: reference("cluster"),
    device_type: reference("device-type"),
    role: reference("device-role"),
    platform: reference("platform"),
    tenant: reference("tenant"),
    status: choice,
    serial: text(50),
    asset_tag: optionalText(50),
    description: text(200),
    comments: text(),
  },
  tagged: true,
  unique: ["site", "name"],
  parkable: "name",
};

/** A device's primary addresses: each has to be on one of its interfaces, and cannot leave it while it is primary. */
export const devicePrimaryAddresses: Kind = {
  path: device.path,
  label: "primary addresses",
  model: device.model,
  completes: "device",
  identity: device.identity,
  caseless: ["name"],
  fields: {
    name: text(64),
    site: reference("site"),
    primary_ip4: reference("ip-address"),
    primary_ip6: reference("ip-address"),
  },
  tagged: false,
};
