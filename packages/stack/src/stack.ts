import { join } from "node:path";
import type { Environment } from "@proxbox/runtime/config";
import { claimFolder } from "./preflight.ts";
import { type ServiceName, serviceNames, serviceTable } from "./services.ts";
import { type SupervisedNats, superviseNats } from "./supervised-nats.ts";

/** Which services to start in this process, and with which settings. */
export type StackOptions = {
  /** Default: all. */
  services?: readonly ServiceName[];
  /**
   * Settings of the services. With `NATS_URL` that server is used; without it one is started and watched over.
   * `PROXBOX_HEALTH_PORT` is the port of the first service, the next one has the next port.
   */
  env: Environment;
  /** Folder for the data of the nats-server and the key file. */
  dataDir: string;
  signal: AbortSignal;
};

/** Services at work in this process. Disposing them lets work in hand end, then ends the nats-server. */
export type Stack = AsyncDisposable & {
  readonly natsUrl: string;
  /** The embedded server; null when another one is used. */
  readonly nats: SupervisedNats | null;
};

/**
 * Starts services in one process. What was started already is ended when one of them cannot start.
 * Throws ConfigError when the folder is in use, nats-server does not start or a service refuses its settings.
 */
export async function startStack({ services = serviceNames, env, dataDir, signal }: StackOptions): Promise<Stack> {
  await using owned = new AsyncDisposableStack();
  owned.use(await claimFolder(dataDir));
  const nats = env.NATS_URL ? null : owned.use(await superviseNats({ storeDir: join(dataDir, "nats") }));
  const natsUrl = env.NATS_URL ?? nats?.server.url ?? "";
  const settings = { PROXBOX_ENCRYPTION_KEY_FILE: join(dataDir, "encryption.key"), ...env, NATS_URL: natsUrl };
  const started: AsyncDisposable[] = [];
  owned.defer(async () => {
    // All at once: each may take its whole time to drain.
    await Promise.all(started.map((service) => service[Symbol.asyncDispose]()));
  });
  for (const [place, name] of services.entries()) {
    const own = { ...settings, PROXBOX_HEALTH_PORT: healthPort(env.PROXBOX_HEALTH_PORT, place) };
    started.push(await serviceTable[name](own, signal));
  }
  const kept = owned.move();
  return { natsUrl, nats, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

function healthPort(first: string | undefined, place: number): string {
  const port = Number(first);
  return port > 0 ? String(port + place) : (first ?? "");
}
