import { invalid } from "../errors.ts";
import {
  boolean,
  brief,
  choice,
  color,
  computed,
  constant,
  customFields,
  datetime,
  integer,
  json,
  linked,
  linkId,
  optionalChoice,
  reference,
  requiredChoice,
  requiredText,
  slug,
  stamps,
  tags,
  text,
} from "../fields.ts";
import type { Choices, Filter, Model, Row, Rule } from "../model.ts";

const KINDS: Choices = { info: "Info", success: "Success", warning: "Warning", danger: "Danger" };

const FIELD_TYPES: Choices = {
  text: "Text",
  longtext: "Text (long)",
  integer: "Integer",
  decimal: "Decimal",
  boolean: "Boolean (true/false)",
  date: "Date",
  datetime: "Date & time",
  url: "URL",
  json: "JSON",
  select: "Selection",
  multiselect: "Multiple selection",
  object: "Object",
  multiobject: "Multiple objects",
};

const DATA_TYPES: Readonly<Record<string, string>> = {
  integer: "integer",
  decimal: "decimal",
  boolean: "boolean",
  json: "object",
  multiselect: "array",
  object: "object",
  multiobject: "array",
};

/** Letters of any script, digits, underscores and hyphens: tag slugs may be Unicode. */
const UNICODE_SLUG: readonly [RegExp, ...string[]] = [
  /^[-\p{L}\p{N}_]+$/u,
  "Enter a valid \u201cslug\u201d consisting of Unicode letters, numbers, underscores, or hyphens.",
  'Enter a valid "slug" consisting of Unicode letters, numbers, underscores, or hyphens.',
];

const TAGS: Model = {
  path: "extras/tags",
  type: "extras.tag",
  object: "Tag",
  table: "extras_tag",
  fields: {
    name: requiredText(100, { unique: "tag with this name already exists." }),
    slug: { ...slug(100, { unique: "tag with this slug already exists." }), pattern: UNICODE_SLUG },
    color: color(),
    description: text(200),
    weight: integer({ null: false, default: 1000, max: 32767 }),
    object_types: { kind: "object-types", default: [] },
    tagged_items: computed((row, lookup) => lookup.tagged(row.id)),
    ...stamps,
  },
  brief: brief("name", "slug", "color", "description"),
  display: (row) => String(row.name),
  order: ["weight", "name"],
  search: ["name", "slug", "description"],
};

/** Content types go by name here: no number is one. */
const numberedType: Filter = { by: "test", accepts: () => false };

const JOURNAL_ENTRIES: Model = {
  path: "extras/journal-entries",
  type: "extras.journalentry",
  object: "JournalEntry",
  table: "extras_journalentry",
  fields: {
    assigned_object_type: { kind: "object-type", required: true },
    assigned_object_id: linkId({ required: true }),
    assigned_object: linked(),
    created: computed((row) => row.created),
    created_by: { ...reference("users/users", "set-null", "id"), default: 1 },
    kind: choice(KINDS, "info"),
    comments: { kind: "text", required: true },
    tags: tags(),
    custom_fields: customFields(),
    last_updated: computed((row) => row.last_updated),
  },
  brief: brief("created"),
  display: (row) => `${row.created.slice(0, 16).replace("T", " ")} (${KINDS[String(row.kind)]})`,
  order: ["-created"],
  search: ["comments"],
  link: { type: "assigned_object_type", id: "assigned_object_id", onDelete: "cascade", missing: "non-field" },
  derive: [({ row }) => (row.created_by === null ? { created_by: 1 } : undefined)],
  filters: { assigned_object_type_id: numberedType },
};

const capitalized = (name: string): string => `${name.charAt(0).toUpperCase()}${name.slice(1).toLowerCase()}`;

const typeStays: Rule = ({ row, before }) =>
  before && before.type !== row.type ? { type: ["Changing the type of custom fields is not supported."] } : undefined;

const selectionHasChoices: Rule = ({ row }) =>
  String(row.type).endsWith("select") && row.choice_set === null
    ? { choice_set: ["Selection fields must specify a set of choices."] }
    : undefined;

const CUSTOM_FIELD_MODEL: Model = {
  path: "extras/custom-fields",
  type: "extras.customfield",
  object: "CustomField",
  table: "extras_customfield",
  fields: {
    object_types: { kind: "object-types", required: true },
    type: requiredChoice(FIELD_TYPES),
    related_object_type: { kind: "object-type", null: true, default: null },
    data_type: computed((row) => DATA_TYPES[String(row.type)] ?? "string"),
    name: requiredText(50, {
      unique: "custom field with this name already exists.",
      pattern: [/^[a-z0-9_]+$/i, "Only alphanumeric characters and underscores are allowed."],
    }),
    label: text(50),
    group_name: text(50),
    description: text(200),
    required: boolean(false),
    unique: boolean(false),
    search_weight: integer({ null: false, default: 1000, max: 32767 }),
    filter_logic: choice({ disabled: "Disabled", loose: "Loose", exact: "Exact" }, "loose"),
    ui_visible: choice({ always: "Always", "if-set": "If set", hidden: "Hidden" }, "always"),
    ui_editable: choice({ yes: "Yes", no: "No", hidden: "Hidden" }, "yes"),
    is_cloneable: boolean(false),
    default: json(null),
    related_object_filter: json(null),
    weight: integer({ null: false, default: 100, max: 32767 }),
    validation_minimum: integer({ min: -1e12, max: 1e12 }),
    validation_maximum: integer({ min: -1e12, max: 1e12 }),
    validation_regex: text(500),
    validation_schema: json(null),
    choice_set: reference("extras/custom-field-choice-sets", "protect"),
    owner: constant(null),
    comments: text(),
    ...stamps,
  },
  brief: brief("name", "description"),
  display: (row) => String(row.label || capitalized(String(row.name).replaceAll("_", " "))),
  order: ["group_name", "weight", "name"],
  rules: [typeStays, selectionHasChoices],
  filters: {
    object_type: { by: "test", accepts: (row, value) => (row.object_types as string[]).includes(value) },
  },
};

const choicesArePairs: Rule = ({ row }) => {
  const choices = row.extra_choices as unknown[];
  const wrong = choices.flatMap((entry, at) =>
    Array.isArray(entry) ? [] : [[String(at), ['Expected a list of items but got type "str".']] as const],
  );
  if (wrong.length > 0) throw invalid({ extra_choices: Object.fromEntries(wrong) });
  const keys = choices.map((entry) => (entry as string[])[0]);
  const twice = keys.find((key, at) => keys.indexOf(key) !== at);
  return twice === undefined ? undefined : { __all__: [`Duplicate value '${twice}' found in extra choices.`] };
};

const CHOICE_SETS: Model = {
  path: "extras/custom-field-choice-sets",
  page: "extras/custom-field-choices",
  type: "extras.customfieldchoiceset",
  object: "CustomFieldChoiceSet",
  table: "extras_customfieldchoiceset",
  fields: {
    name: requiredText(100, { unique: "custom field choice set with this name already exists." }),
    description: text(200),
    base_choices: optionalChoice({ IATA: "IATA (Airport codes)", ISO_3166: "ISO 3166 (Country codes)" }),
    extra_choices: json([], { required: true }),
    choice_colors: json({}),
    order_alphabetically: boolean(false),
    choices_count: computed((row) => (row.extra_choices as unknown[]).length),
    owner: constant(null),
    ...stamps,
  },
  brief: brief("name", "description", "choices_count"),
  display: (row) => String(row.name),
  order: ["name"],
  rules: [choicesArePairs],
};

/** The first user is the superuser. */
const ofFirst: Filter = { by: "test", accepts: (row, value) => (row.id === 1) === (value === "true") };

const USERS: Model = {
  path: "users/users",
  type: "users.user",
  object: "User",
  table: "users_user",
  fields: {
    username: requiredText(150, { unique: "user with this username already exists." }),
    password: { kind: "secret", required: true },
    first_name: text(150),
    last_name: text(150),
    email: text(254),
    is_active: boolean(true),
    date_joined: computed((row) => row.created),
    last_login: constant(null),
    groups: constant([]),
    permissions: constant([]),
  },
  brief: brief("username"),
  display: (row) => String(row.username),
  untagged: true,
  order: ["username"],
  filters: { is_superuser: ofFirst, is_staff: ofFirst },
};

/** What is shown of a v1 token: its last six characters. */
const masked = (row: Row): string =>
  row.version === 2 ? `nbt_${row.key}` : `**********************************${String(row.token).slice(-6)}`;

const TOKENS: Model = {
  path: "users/tokens",
  type: "users.token",
  object: "Token",
  table: "users_token",
  fields: {
    version: integer({ null: false, default: 2, min: 1, max: 2 }),
    key: { kind: "text", null: true, default: null },
    user: { kind: "reference", to: "users/users", onDelete: "cascade", required: true },
    description: text(200),
    created: computed((row) => row.created),
    expires: datetime(),
    last_used: constant(null),
    enabled: boolean(true),
    write_enabled: boolean(true),
    pepper_id: constant(null),
    allowed_ips: json([]),
    token: { kind: "text", null: true, default: null },
  },
  brief: brief("key", "write_enabled", "description"),
  display: masked,
  order: ["-created"],
};

const PERMISSIONS: Model = {
  path: "users/permissions",
  type: "users.objectpermission",
  object: "ObjectPermission",
  table: "users_objectpermission",
  fields: {
    name: requiredText(100),
    description: text(200),
    enabled: boolean(true),
    object_types: { kind: "object-types", required: true },
    actions: json([], { required: true }),
    constraints: json(null),
    groups: constant([]),
    users: {
      kind: "references",
      to: "users/users",
      default: [],
      shape: ["id", "url", "display_url", "display", "username"],
    },
  },
  brief: brief("name", "description", "enabled"),
  untagged: true,
  display: (row) => String(row.name),
  order: ["name"],
};

/** Tags, custom fields, journal entries; users, tokens and permissions. */
export const EXTRAS: readonly Model[] = [
  TAGS,
  JOURNAL_ENTRIES,
  CUSTOM_FIELD_MODEL,
  CHOICE_SETS,
  USERS,
  TOKENS,
  PERMISSIONS,
];
