import { choice, color, integer, type Kind, reference, text } from "../kind.ts";

/** `extras/tags`. NetBox wants slug and name unique each; names that differ in case only would confuse people. */
export const tag: Kind = {
  path: "extras/tags",
  label: "tag",
  model: "extras.tag",
  identity: { slug: "slug" },
  otherwise: { field: "name", filter: "name__ie" },
  fields: { slug: text(100), name: text(100), color, description: text(200), weight: integer },
  tagged: false,
};

/** `tenancy/tenants`: only referred to. */
export const tenant: Kind = {
  path: "tenancy/tenants",
  label: "tenant",
  model: "tenancy.tenant",
  identity: { slug: "slug" },
  fields: { slug: text(100), name: text(100), description: text(200) },
  tagged: true,
};

/** `dcim/sites`. */
export const site: Kind = {
  path: "dcim/sites",
  label: "site",
  model: "dcim.site",
  identity: { slug: "slug" },
  fields: { slug: text(100), name: text(100), status: choice, description: text(200) },
  tagged: true,
};

/** `extras/journal-entries`: only made. Its author is the token's user. */
export const journalEntry: Kind = {
  path: "extras/journal-entries",
  label: "journal entry",
  model: "extras.journalentry",
  identity: { assigned_object_type: "assigned_object_type", assigned_object_id: "assigned_object_id", comments: null },
  fields: { assigned_object_type: choice, assigned_object_id: reference(), kind: choice, comments: text() },
  tagged: false,
};
