import { forbidden, Refusal } from "./errors.ts";
import type { Json, Model, Row } from "./model.ts";
import type { Table, World } from "./world.ts";

/** What one may do with a model. */
export type Action = "view" | "add" | "change" | "delete";

/** Who is calling. */
export type Caller = {
  readonly token: string;
  readonly userId: number;
  readonly username: string;
  readonly canWrite: boolean;
  /** A superuser, who needs no permissions. */
  readonly all: boolean;
};

/** The tokens every simulated NetBox has: two of its superuser, and two that are in no table. */
export const TOKENS = {
  v1: "51a0000000000000000000000000000000000001",
  v2: { key: "simulatedkey", secret: "simulatedsecretsimulatedsecretsimulated0" },
  limited: "1111111111111111111111111111111111111111",
  readonly: "2222222222222222222222222222222222222222",
} as const;

const STANDING: readonly Caller[] = [
  { token: TOKENS.limited, userId: 0, username: "limited", canWrite: true, all: false },
  { token: TOKENS.readonly, userId: 0, username: "readonly", canWrite: false, all: true },
];

/** A permission taken away from, or given to, a token. */
export type Grant = {
  readonly token: string;
  readonly action: Action;
  readonly path: string;
  readonly allow: boolean;
};

const denied = (detail: string) => new Refusal(403, { detail });

const MALFORMED = 'Invalid authorization header: Must be in the form "Bearer <key>.<token>" or "Token <token>"';
const NO_KEY =
  "Invalid authorization header: Could not parse key from v2 token. Did you mean to use 'Token' instead of 'Bearer'?";

const findToken = (world: World, said: string): Row => {
  const rows = [...(world.tables.get("users/tokens")?.rows.values() ?? [])];
  if (said.startsWith("nbt_")) {
    const [key, secret] = said.slice("nbt_".length).split(".");
    if (secret === undefined) throw denied(NO_KEY);
    const found = rows.find((row) => row.version === 2 && row.key === key && row.token === secret);
    if (!found) throw denied("Invalid v2 token");
    return found;
  }
  const found = rows.find((row) => row.version === 1 && row.token === said);
  if (!found) throw denied("Invalid v1 token");
  return found;
};

/** Who the header says is calling; 403 when it does not say, or says it wrong. */
export const authenticate = (world: World, header: string | null): Caller => {
  const [keyword = "", said, ...rest] = (header ?? "").trim().split(/\s+/);
  if (!["token", "bearer"].includes(keyword.toLowerCase())) {
    throw denied("Authentication credentials were not provided.");
  }
  if (said === undefined || rest.length > 0) throw denied(MALFORMED);
  const standing = STANDING.find((caller) => caller.token === said);
  if (standing) return standing;
  const token = findToken(world, said);
  const user = world.lookup.get("users/users", token.user);
  if (!user || token.enabled === false) throw denied("Invalid v1 token");
  const canWrite = token.write_enabled !== false;
  return { token: said, userId: user.id, username: String(user.username), canWrite, all: user.id === 1 };
};

const permissionsOf = (world: World, userId: number, model: Model, action: Action): Row[] =>
  [...(world.tables.get("users/permissions")?.rows.values() ?? [])].filter(
    (row) =>
      row.enabled === true &&
      (row.users as number[]).includes(userId) &&
      (row.object_types as string[]).includes(model.type) &&
      (row.actions as string[]).includes(action),
  );

const meets = (row: Row, constraints: Json | undefined): boolean => {
  if (constraints === null || constraints === undefined) return true;
  const options = (Array.isArray(constraints) ? constraints : [constraints]) as Record<string, Json>[];
  return options.some((option) =>
    Object.entries(option).every(([key, wanted]) => {
      const [field = "", lookup] = key.split("__");
      const value = String(row[field] ?? "");
      return lookup === "startswith" ? value.startsWith(String(wanted)) : value === String(wanted);
    }),
  );
};

const ruled = (grants: readonly Grant[], caller: Caller, model: Model, action: Action): boolean | undefined =>
  grants.findLast((grant) => grant.token === caller.token && grant.action === action && grant.path === model.path)
    ?.allow;

const granted = (
  world: World,
  grants: readonly Grant[],
  caller: Caller,
  table: Table,
  action: Action,
): ((row: Row) => boolean) => {
  const rule = ruled(grants, caller, table.model, action);
  if (rule === false || (action !== "view" && !caller.canWrite)) throw forbidden();
  if (rule === true || caller.all) return () => true;
  const permissions = permissionsOf(world, caller.userId, table.model, action);
  if (permissions.length === 0 && !(action === "view" && table.model.openRead)) throw forbidden();
  return (row) => permissions.some((permission) => meets(row, permission.constraints));
};

/** Rows whose owner the caller may view. */
const seen = (world: World, grants: readonly Grant[], caller: Caller, table: Table): ((row: Row) => boolean) => {
  const name = table.model.seenThrough;
  const owner = name === undefined ? undefined : world.tables.get(table.model.fields[name]?.to ?? "");
  if (name === undefined || !owner) return () => true;
  try {
    const visible = granted(world, grants, caller, owner, "view");
    return (row) => {
      const target = owner.rows.get(row[name] as number);
      return target !== undefined && visible(target);
    };
  } catch (error) {
    if (error instanceof Refusal) return () => false;
    throw error;
  }
};

/** Which rows a caller may act on; throws 403 when none. */
export const permitted = (
  world: World,
  grants: readonly Grant[],
  caller: Caller,
  table: Table,
  action: Action,
): ((row: Row) => boolean) => {
  const own = granted(world, grants, caller, table, action);
  if (action === "add") return own;
  const visible = seen(world, grants, caller, table);
  return (row) => own(row) && visible(row);
};
