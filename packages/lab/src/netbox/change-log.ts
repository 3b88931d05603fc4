import { customFieldValues } from "./custom-fields.ts";
import type { Field, Json, JsonObject, Model, Row } from "./model.ts";
import { type ChangeRecord, type Table, tableAt, type World } from "./world.ts";

/** Path of the change log below `/api/`. */
export const CHANGE_LOG = "core/object-changes";

const ACTIONS = { create: "Created", update: "Updated", delete: "Deleted" } as const;

const plain: Field = { kind: "text" };

/** The change log, as a model that is only read. */
const MODEL: Model = {
  path: CHANGE_LOG,
  page: "core/changelog",
  type: "core.objectchange",
  object: "ObjectChange",
  table: "core_objectchange",
  fields: {
    time: { kind: "datetime" },
    user: { kind: "reference", to: "users/users", shape: ["id", "url", "display", "username"] },
    user_name: plain,
    request_id: plain,
    action: { kind: "choice", choices: ACTIONS },
    changed_object_type: plain,
    changed_object_id: { kind: "integer" },
    changed_object: { kind: "linked" },
    object_repr: plain,
    message: plain,
    prechange_data: { kind: "json" },
    postchange_data: { kind: "json" },
  },
  brief: ["id", "url", "display"],
  display: (row) =>
    `${row.title} ${row.object_repr} ${ACTIONS[row.action as keyof typeof ACTIONS].toLowerCase()} by ${row.user_name}`,
  order: ["-time"],
  link: { type: "changed_object_type", id: "changed_object_id", onDelete: "none" },
  refuses: ["POST", "PUT", "PATCH", "DELETE"],
  untagged: true,
};

const isStored = (field: Field) => field.stored === true || (field.kind !== "computed" && field.kind !== "linked");

/** A row as change records keep it: what the database stores, tags by name. */
const snapshot = (world: World, model: Model, row: Row | undefined): JsonObject => {
  if (!row) return {};
  const data: Record<string, Json> = {};
  for (const [name, field] of Object.entries(model.fields)) {
    if (!isStored(field) || field.kind === "secret") continue;
    data[name] = field.compute ? field.compute(row, world.lookup) : (row[name] ?? null);
  }
  if ("tags" in model.fields) {
    data.tags = row.tags.map((id) => tableAt(world, "extras/tags").rows.get(id)?.name ?? null).sort();
  }
  if ("custom_fields" in model.fields) data.custom_fields = customFieldValues(world, model, row);
  return data;
};

const titleOf = ({ model }: ChangeRecord): string => {
  const app = model.type.split(".")[0] ?? "";
  const words = model.noun ?? model.object.replace(/([a-z])([A-Z])/g, "$1 $2").toLowerCase();
  return `${app.charAt(0).toUpperCase()}${app.slice(1)} | ${words}`;
};

const toRow = (world: World, change: ChangeRecord): Row => ({
  id: change.id,
  created: change.time,
  last_updated: change.time,
  tags: [],
  custom_fields: {},
  time: change.time,
  user: 1,
  user_name: change.user,
  request_id: change.request,
  action: change.action,
  changed_object_type: change.model.type,
  changed_object_id: change.row.id,
  object_repr: change.model.display(change.row, world.lookup),
  message: change.message,
  prechange_data: snapshot(world, change.model, change.action === "delete" ? change.row : change.before),
  postchange_data: change.action === "delete" ? {} : snapshot(world, change.model, change.row),
  title: titleOf(change),
});

/** The change log as a table, made anew: it is read rarely, and only written by the way. */
export const changeLog = (world: World): Table => ({
  model: MODEL,
  rows: new Map(world.changes.map((change) => [change.id, toRow(world, change)])),
  indexes: new Map(),
  uniques: [],
  nextId: world.changes.length + 1,
  version: 0,
});
