import { type NatsServer, type NatsServerOptions, startNatsServer } from "@proxbox/runtime/nats-server";

/** A nats-server that is started again whenever it dies, on the same port and with the same data. */
export type SupervisedNats = AsyncDisposable & { readonly server: NatsServer; readonly restarts: number };

/**
 * Starts a nats-server and watches over it until disposed. `onDeath` hears of every death that was not asked for.
 * Throws ConfigError when it does not start the first time; later failures are tried again every half second.
 */
export async function superviseNats(
  options: NatsServerOptions,
  onDeath: (code: number) => void = () => {},
): Promise<SupervisedNats> {
  const server = await startNatsServer(options);
  let stopping = false;
  let restarts = 0;
  const watch = async () => {
    while (true) {
      const code = await server.ended();
      if (stopping) return;
      onDeath(code);
      try {
        await server.restart();
        restarts += 1;
      } catch {
        await Bun.sleep(500); // its port may still be taken by the dead one; the next round tries again
      }
    }
  };
  const watching = watch();
  return {
    server,
    get restarts() {
      return restarts;
    },
    [Symbol.asyncDispose]: async () => {
      stopping = true;
      await server[Symbol.asyncDispose]();
      await watching;
    },
  };
}
