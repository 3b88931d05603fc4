import { brief, constant, counter, customFields, requiredText, slug, stamps, tags, text } from "../fields.ts";
import type { Model } from "../model.ts";

/** Tenants. */
export const TENANTS: Model = {
  path: "tenancy/tenants",
  type: "tenancy.tenant",
  object: "Tenant",
  table: "tenancy_tenant",
  fields: {
    name: requiredText(100),
    slug: slug(100),
    group: constant(null),
    description: text(200),
    owner: constant(null),
    comments: text(),
    tags: tags(),
    custom_fields: customFields(),
    ...stamps,
    circuit_count: constant(0),
    device_count: counter("dcim/devices", "tenant"),
    ipaddress_count: counter("ipam/ip-addresses", "tenant"),
    prefix_count: counter("ipam/prefixes", "tenant"),
    rack_count: constant(0),
    site_count: counter("dcim/sites", "tenant"),
    virtualmachine_count: counter("virtualization/virtual-machines", "tenant"),
    vlan_count: counter("ipam/vlans", "tenant"),
    vrf_count: counter("ipam/vrfs", "tenant"),
    cluster_count: counter("virtualization/clusters", "tenant"),
  },
  brief: brief("name", "slug", "description"),
  display: (row) => String(row.name),
  natural: true,
  order: ["name"],
  uniques: (["name", "slug"] as const).map((field) => ({
    fields: [field],
    answer: "400",
    message: `Tenant ${field} must be unique per group.`,
    constraint: `tenancy_tenant_unique_${field}`,
    columns: [field],
  })),
};
