import { expect, test } from "bun:test";
import { parseReply } from "./held-message.ts";

test.each([
  ["$JS.ACK.PBX_ITEM.item-vms.2.17.5.1700000000000000000.3", { deliveries: 2, seq: 17 }],
  [
    "$JS.ACK.hub.ACCHASH.PBX_ITEM.item-vms.1.9007199254740991.5.1700000000000000000.3.rnd",
    { deliveries: 1, seq: 2 ** 53 - 1 },
  ],
  ["$JS.ACK._.ACCHASH.PBX_ITEM.item-vms.4.8.5.1700000000000000000.3", { deliveries: 4, seq: 8 }],
])("%s", (reply, parsed) => {
  expect(parseReply(reply)).toEqual(parsed);
});
