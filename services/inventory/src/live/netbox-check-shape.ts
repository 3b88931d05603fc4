import { kindNames, kindOf } from "@proxbox/netbox/kinds";
import type { ProxboxError } from "@proxbox/runtime/errors";

/** One thing that stands in the way. */
type Warning = { object: string; error: string };

/**
 * What was found: NetBox did not answer (`failure`), the plugin is missing there, or rights are missing. `unchecked` counts
 * the lists that could not be tried in time.
 */
export type Findings =
  | { state: "none" }
  | { state: "failed"; failure: Pick<ProxboxError, "message" | "next"> }
  | { state: "answered"; plugin: string | null; refused: readonly Warning[]; unchecked: number };

/**
 * The body of GET /extras/bootstrap-status. Plugin 0.0.29.post6 calls a body unhealthy whose `ok` is false, shows `reason`,
 * and has words of its own for a reason that begins with `no_netbox_session`. Pure.
 */
export function checkShape(findings: Findings) {
  const of = (reason: string | null, warnings: readonly Warning[], skipped: boolean) => ({
    ok: reason === null,
    skipped,
    reason,
    warnings,
    created: [],
    patched: [],
    unchanged: [],
  });
  if (findings.state === "none") return of("no_netbox_session", [], true);
  if (findings.state === "failed") {
    const { message, next } = findings.failure;
    return of(next ? `${message} ${next}` : message, [{ object: "netbox", error: message }], true);
  }
  if (findings.plugin === null) {
    const error = "The plugin netbox-proxbox is not installed in NetBox, or not named in PLUGINS.";
    return of(error, [{ object: "plugin:netbox_proxbox", error }], false);
  }
  const { refused, unchecked } = findings;
  const slow = `NetBox is slow: ${unchecked} of ${readLists.length} permissions could not be checked in time.`;
  if (refused.length === 0) return of(unchecked > 0 ? slow : null, [], false);
  const names = refused.map(({ object }) => object).join(", ");
  return of(`The NetBox token lacks permissions that a run needs: ${names}.`, refused, false);
}

/** Kinds of the stage sdn alone, which no run has that does not ask for it. */
const onlyForSdn = /^(?:sdn-|l2vpn|route-target)/;

/** The lists that a run reads, each once, with the permission that reading it takes. */
export const readLists: readonly { path: string; permission: string }[] = [
  ...new Map(
    kindNames
      .filter((name) => !onlyForSdn.test(name))
      .map(kindOf)
      .map(({ path, model }) => [path, { path, permission: model.replace(".", ".view_") }]),
  ).values(),
];
