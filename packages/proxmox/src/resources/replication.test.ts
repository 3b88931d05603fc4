import { expect, test } from "bun:test";
import { replicationOf } from "./replication.ts";

const row = { id: "100-0", type: "local", guest: 100, jobnum: 0, target: "pve2" };
const job = {
  id: "100-0",
  guest: 100,
  jobnum: 0,
  target: "pve2",
  type: "local",
  schedule: "*/15",
  rate: null,
  comment: "",
  disabled: false,
  source: null,
  removeJob: null,
};

test.each<[object, object]>([
  [{}, {}],
  [{ jobnum: undefined, guest: undefined }, {}],
  [
    { schedule: "*/5", rate: "12.5", comment: "To the other\n", source: "pve1" },
    { schedule: "*/5", rate: 12.5, comment: "To the other", source: "pve1" },
  ],
  [{ disable: 1 }, { disabled: true }],
  [{ remove_job: "full" }, { removeJob: "full" }],
  [{ remove_job: "other" }, { removeJob: null }],
  [{ digest: "0f" }, {}],
])("%p", (change, expected) => {
  const { digest: _, ...raw } = { digest: null, ...row, ...change };
  expect(replicationOf({ ...row, ...change })).toEqual({ ...job, ...expected, raw } as never);
});

test.each([[{ id: "" }], [{ target: "" }], [{ id: "x", guest: undefined }], [{ jobnum: -1 }]])(
  "%p makes it none",
  (change) => expect(replicationOf({ ...row, ...change })).toBeNull(),
);
