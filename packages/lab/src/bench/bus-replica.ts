import { names } from "@proxbox/contracts/streams";
import { openBucket } from "@proxbox/runtime/buckets";
import { busOptions, connectBus } from "@proxbox/runtime/bus";
import { createLogger } from "@proxbox/runtime/log";
import { runService } from "@proxbox/runtime/process";
import { createStageService } from "@proxbox/runtime/service";
import { readServiceConfig } from "@proxbox/runtime/settings";
import { defineStage } from "@proxbox/runtime/stage";
import { openVault } from "@proxbox/runtime/vault";
import { Type } from "@sinclair/typebox";

// One replica of a service whose stage has as many items as its run's name says and nothing to do for any of them.
const stage = defineStage({
  name: "storage",
  body: Type.Object({ n: Type.Integer() }),
  items: async ({ run }) =>
    Array.from({ length: Number(run.split("-").at(-1)) }, (_, n) => ({ key: `n${n}`, endpoint: null, body: { n } })),
  work: async () => ({ objects: [] }),
});

await runService("inventory", async (env, signal) => {
  await using starting = new AsyncDisposableStack();
  const config = readServiceConfig(env);
  const log = createLogger({
    service: "inventory",
    replica: config.PROXBOX_REPLICA,
    level: config.PROXBOX_LOG_LEVEL,
  });
  const bus = starting.use(await connectBus(busOptions(config, config.PROXBOX_REPLICA, signal), log));
  const key = { text: config.PROXBOX_ENCRYPTION_KEY, file: config.PROXBOX_ENCRYPTION_KEY_FILE };
  const vault = await openVault({ bucket: openBucket(bus, names.settings), key, log });
  starting.use(await createStageService({ domain: "inventory", stages: [stage], config, env: {}, log, bus, vault }));
  process.send?.("ready");
  return starting.move();
});
