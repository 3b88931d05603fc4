import type { ProxmoxClient } from "../client.ts";
import { parseRow } from "../parse/rows.ts";
import { parseFlag } from "../parse/scalars.ts";

/** Privileges by path; true when one reaches everything below. */
export type Permissions = ReadonlyMap<string, ReadonlyMap<string, boolean>>;

/** What we may do (GET /access/permissions): every user and token may ask that. */
export async function readPermissions(client: ProxmoxClient, signal: AbortSignal): Promise<Permissions> {
  return permissionsOf(await client.get("/access/permissions", { signal }));
}

/** Permissions from the answer's data; pure. */
export function permissionsOf(data: unknown): Permissions {
  const paths = Object.entries(parseRow(data) ?? {});
  return new Map(
    paths.map(([path, granted]) => {
      const privileges = Object.entries(parseRow(granted) ?? {});
      return [path, new Map(privileges.map(([name, propagates]) => [name, parseFlag(propagates) ?? false]))];
    }),
  );
}

/** Whether a privilege holds on a path itself, there or inherited from above. */
export function holdsOn(permissions: Permissions, path: string, privilege: string): boolean {
  const own = permissions.get(path);
  return own ? own.has(privilege) : path !== "/" && holdsBelow(permissions, parentOf(path), privilege);
}

/**
 * The paths at or below `path` on which a privilege is missing or stops, so that something there may be hidden from
 * us; empty when everything below can be seen.
 */
export function hiddenBelow(permissions: Permissions, path: string, privilege: string): string[] {
  const blind = holdsBelow(permissions, path, privilege) ? [] : [path];
  for (const [deeper, granted] of permissions) {
    if (deeper.startsWith(`${path}/`) && !granted.has(privilege)) blind.push(deeper);
  }
  return blind;
}

function holdsBelow(permissions: Permissions, path: string, privilege: string): boolean {
  const own = permissions.get(path);
  if (own) return own.get(privilege) ?? false;
  return path !== "/" && holdsBelow(permissions, parentOf(path), privilege);
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/")) || "/";
}
