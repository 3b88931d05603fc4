import { summariseStage } from "@proxbox/estate/summarise";
import { reconcile } from "@proxbox/netbox/reconcile";
import { netboxOf } from "@proxbox/netbox/session";
import { defineStage } from "@proxbox/runtime/stage";
import { Type } from "@sinclair/typebox";
import { desiredBackup } from "./desired.ts";
import { type BackupBatch, listItems } from "./items.ts";

const BackupItem = Type.Unsafe<BackupBatch>(
  Type.Object({
    backups: Type.Array(Type.Object({})),
    gone: Type.Array(Type.Object({})),
    storages: Type.Object({}),
  }),
);

/** Backups on storages of Proxmox become rows of the plugin's backup table; one item is up to 400 backups of one endpoint. */
export const stage = defineStage({
  name: "vm-backups",
  body: BackupItem,

  items: listItems,

  async work({ backups, gone, storages }, ctx) {
    const desired = backups.map((backup) => desiredBackup(backup, storages));
    const options = { signal: ctx.signal, absent: ["backup"] } as const;
    const { outcomes } = await reconcile(netboxOf(ctx), [...gone, ...desired], options);
    return { objects: outcomes };
  },

  finish: summariseStage,
});
