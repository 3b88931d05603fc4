import type { WireError } from "@proxbox/contracts/errors";
import type { Estate } from "@proxbox/estate/estates";
import { isEndpointFailure } from "@proxbox/proxmox/failures";
import {
  type Backup,
  type BackupSource,
  backupSources,
  readBackups,
  type UnreadStorage,
} from "@proxbox/proxmox/resources/backups";
import { readStorages } from "@proxbox/proxmox/resources/storage";
import { proxmoxOf } from "@proxbox/proxmox/session";
import { ProxmoxAPIError, toWireError } from "@proxbox/runtime/errors";
import type { StageContext } from "@proxbox/runtime/stage";

/** What the storages of an endpoint showed. */
export type ObservedBackups = {
  backups: Backup[];
  /** Storages that were to be read and could not. */
  failures: { source: BackupSource; error: WireError }[];
  /** Storages that are not read at all for now, or not everywhere. */
  unread: UnreadStorage[];
  /** The storages that can hold backups, and why their listing may lack something; null: it is complete. */
  storages: Map<string, string | null>;
};

/**
 * Lists the backups on every storage of an endpoint that can hold some: a shared one through one node, any other on
 * each. A storage that cannot be read costs only itself; a failure of the endpoint is thrown as ProxmoxAPIError.
 */
export async function observeBackups(ctx: StageContext, estate: Estate): Promise<ObservedBackups> {
  const client = proxmoxOf(ctx, estate.endpoint);
  const { sources, unread } = backupSources(await readStorages(client, ctx.signal), estate.hosts.nodes);
  const failures: ObservedBackups["failures"] = [];
  const read = await Promise.all(
    sources.map(async (source): Promise<Backup[]> => {
      try {
        return await readBackups(client, source, ctx.signal);
      } catch (thrown) {
        if (!(thrown instanceof ProxmoxAPIError) || isEndpointFailure(thrown)) throw thrown;
        failures.push({ source, error: toWireError(thrown) });
        return [];
      }
    }),
  );
  const storages = new Map<string, string | null>(sources.map(({ storage }) => [storage, null]));
  for (const { storage, reason } of unread) storages.set(storage, reason);
  for (const { source } of failures) storages.set(source.storage, `storage ${source.storage} could not be read`);
  return { backups: read.flat(), failures, unread, storages };
}
