import { describe, expect, test } from "bun:test";
import { type BackupJob, backupJobOf } from "@proxbox/proxmox/resources/backup-jobs";
import { coveredBy } from "./covered.ts";

const guests = [
  { vmid: 102, node: "pve2", pool: "prod" },
  { vmid: 100, node: "pve1", pool: null },
  { vmid: 101, node: "pve1", pool: "prod" },
];

describe("coveredBy", () => {
  test.each<[string, Record<string, unknown>, number[]]>([
    ["the guests it names, in their order", { vmid: "101,100" }, [101, 100]],
    ["one that is named and not there", { vmid: 900 }, [900]],
    ["all", { all: 1 }, [100, 101, 102]],
    ["all but some", { all: 1, exclude: "100,102" }, [101]],
    ["all but some, without saying all", { exclude: "101" }, [100, 102]],
    ["all on one node", { all: "1", node: "pve1" }, [100, 101]],
    ["a pool", { pool: "prod" }, [101, 102]],
    ["a pool on one node", { pool: "prod", node: "pve2" }, [102]],
    ["a pool that is empty or hidden", { pool: "test" }, []],
    ["named guests stay named on a node", { vmid: "102", node: "pve1" }, [102]],
    ["nothing at all", {}, []],
  ])("%s", (_, row, vmids) => expect(coveredBy(backupJobOf({ id: "j", ...row }) as BackupJob, guests)).toEqual(vmids));
});
