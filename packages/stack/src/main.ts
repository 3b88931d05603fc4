import { resolve } from "node:path";
import { parseArgs } from "node:util";
import type { Environment } from "@proxbox/runtime/config";
import { ConfigError } from "@proxbox/runtime/errors";
import { runService } from "@proxbox/runtime/process";
import { checkPortIsFree } from "./preflight.ts";
import { startStack } from "./stack.ts";

// `npm start`: the whole backend in this process. What it takes is in `usage`; settings come from the environment.
const usage = "npm start -- [--http-port PORT] [--data FOLDER]";

await runService("proxbox", async (environment, signal) => {
  const { port, dataDir } = readArguments(Bun.argv.slice(2), environment.PORT);
  const env = { PROXBOX_BIND_HOST: "0.0.0.0", ...environment, PORT: String(port) };
  await checkPortIsFree(port, env.PROXBOX_BIND_HOST);
  const stack = await startStack({ env, dataDir, signal });
  process.stdout.write(welcome(env, port, dataDir));
  return stack;
});

function readArguments(args: string[], portFromEnvironment: string | undefined) {
  try {
    const { values } = parseArgs({ args, options: { "http-port": { type: "string" }, data: { type: "string" } } });
    const port = Number(values["http-port"] ?? portFromEnvironment ?? 8800);
    if (!Number.isInteger(port) || port < 1 || port > 65_535)
      throw new TypeError("A port is a number from 1 to 65535.");
    return { port, dataDir: resolve(values.data ?? "data") };
  } catch (cause) {
    throw new ConfigError("bad_arguments", cause instanceof Error ? cause.message : String(cause), {
      next: `Usage: ${usage}.`,
      cause,
    });
  }
}

function welcome(env: Environment & { PROXBOX_BIND_HOST: string }, port: number, dataDir: string): string {
  const { PROXBOX_BIND_HOST: host, PROXBOX_TLS_CERT_FILE: certificate } = env;
  const address = `${certificate ? "https" : "http"}://${host.includes(":") ? `[${host}]` : host}:${port}`;
  const https = certificate
    ? "Use HTTPS              on; Verify SSL off if NetBox does not know the certificate's authority"
    : "Use HTTPS, Verify SSL  off (HTTPS: set PROXBOX_TLS_CERT_FILE and PROXBOX_TLS_KEY_FILE)";
  return `
proxbox-edge listens on ${address}, its data is in ${dataDir}.

Point the NetBox plugin at it. In NetBox, under Plugins > Proxbox, add a FastAPI endpoint:
  IP address or domain   the address of this machine, as NetBox reaches it
  Port                   ${port}
  ${https}
  Token                  any text of 32 characters or more; saving it claims this backend
Then add the NetBox endpoint and the Proxmox endpoints there, and start a full update (docs/plugin.md).

Ctrl-C stops it. Its settings: docs/operations.md.
`;
}
