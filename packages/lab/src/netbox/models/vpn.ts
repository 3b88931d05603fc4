import {
  big,
  brief,
  choice,
  constant,
  customFields,
  linked,
  linkId,
  reference,
  references,
  requiredReference,
  requiredText,
  slug,
  stamps,
  tags,
  text,
} from "../fields.ts";
import type { Choices, Filter, Model, Rule } from "../model.ts";

const L2VPNS = "vpn/l2vpns";
const TARGETS = "ipam/route-targets";

const TYPES: Choices = {
  vpws: "VPWS",
  vpls: "VPLS",
  vxlan: "VXLAN",
  "vxlan-evpn": "VXLAN-EVPN",
  "mpls-evpn": "MPLS EVPN",
  "pbb-evpn": "PBB EVPN",
  "evpn-vpws": "EVPN VPWS",
  epl: "EPL",
  evpl: "EVPL",
  "ep-lan": "Ethernet Private LAN",
  "evp-lan": "Ethernet Virtual Private LAN",
  "ep-tree": "Ethernet Private Tree",
  "evp-tree": "Ethernet Virtual Private Tree",
  spb: "SPB",
};

const STATUS: Choices = { active: "Active", planned: "Planned", decommissioning: "Decommissioning" };

const labelled = { tags: tags(), custom_fields: customFields(), ...stamps };

const targetFilter = (field: string): Filter => ({
  by: "test",
  accepts: (row, value) => (row[field] as number[]).includes(Number(value)),
});

const typeIsGiven: Rule = ({ row }) => (row.type === null ? { type: ["This field cannot be blank."] } : undefined);

const L2VPN: Model = {
  path: L2VPNS,
  type: "vpn.l2vpn",
  object: "L2VPN",
  noun: "L2VPN",
  table: "vpn_l2vpn",
  fields: {
    identifier: big(),
    name: requiredText(100, { unique: "L2VPN with this name already exists." }),
    slug: slug(100, { unique: "L2VPN with this slug already exists." }),
    type: { kind: "choice", choices: TYPES, default: null },
    status: choice(STATUS, "active"),
    import_targets: references(TARGETS, { idsOnly: true }),
    export_targets: references(TARGETS, { idsOnly: true }),
    description: text(200),
    owner: constant(null),
    comments: text(),
    tenant: reference("tenancy/tenants", "protect"),
    ...labelled,
  },
  brief: brief("identifier", "name", "slug", "type", "description"),
  display: (row) => (row.identifier === null ? String(row.name) : `${row.name} (${row.identifier})`),
  natural: true,
  order: ["name", "identifier"],
  uniques: (["slug", "name"] as const).map((field) => ({
    fields: [field],
    answer: "database",
    constraint: `vpn_l2vpn_${field}_key`,
    columns: [field],
  })),
  rules: [typeIsGiven],
  filters: { import_target_id: targetFilter("import_targets"), export_target_id: targetFilter("export_targets") },
};

const TERMINATIONS = "vpn/l2vpn-terminations";

const TAKEN = "L2VPN termination with this Assigned object type and Assigned object id already exists.";

/** One object has one termination. */
const objectIsFree: Rule = ({ row, lookup }) => {
  const link = `${row.assigned_object_type} ${row.assigned_object_id}`;
  const other = lookup.having(TERMINATIONS, "link", link).find((entry) => entry.id !== row.id);
  const path = other && lookup.pathOf(row.assigned_object_type);
  const holder = path === undefined ? undefined : lookup.get(path, row.assigned_object_id);
  return path !== undefined && holder
    ? { __all__: [`L2VPN Termination already assigned (${lookup.display(path, holder)})`] }
    : undefined;
};

const ends = (to: string, type: string): Filter => ({ by: "link", to, type, key: "id" });

const TERMINATION: Model = {
  path: TERMINATIONS,
  type: "vpn.l2vpntermination",
  object: "L2VPNTermination",
  noun: "L2VPN termination",
  table: "vpn_l2vpntermination",
  fields: {
    l2vpn: requiredReference(L2VPNS, "cascade"),
    assigned_object_type: { kind: "object-type", required: true },
    assigned_object_id: linkId({ required: true }),
    assigned_object: linked(),
    ...labelled,
  },
  brief: brief("l2vpn"),
  display: (row, lookup) => {
    const path = lookup.pathOf(row.assigned_object_type);
    const holder = path === undefined ? undefined : lookup.get(path, row.assigned_object_id);
    const l2vpn = lookup.get(L2VPNS, row.l2vpn);
    const end = path !== undefined && holder ? lookup.display(path, holder) : "None";
    return `${end} <> ${l2vpn ? lookup.display(L2VPNS, l2vpn) : ""}`;
  },
  order: ["l2vpn"],
  link: { type: "assigned_object_type", id: "assigned_object_id", onDelete: "cascade", missing: "unchecked" },
  uniques: [
    {
      fields: ["assigned_object_type", "assigned_object_id"],
      answer: "400",
      message: TAKEN,
      constraint: "vpn_l2vpntermination_assigned_object",
      columns: ["assigned_object_type_id", "assigned_object_id"],
    },
  ],
  rules: [objectIsFree],
  filters: {
    l2vpn: { by: "reference", path: ["l2vpn"], to: L2VPNS, key: "slug" },
    interface_id: ends("dcim/interfaces", "dcim.interface"),
    vminterface_id: ends("virtualization/interfaces", "virtualization.vminterface"),
    vlan_id: ends("ipam/vlans", "ipam.vlan"),
  },
};

/** L2VPNs and what ends in them. */
export const VPN: readonly Model[] = [L2VPN, TERMINATION];
