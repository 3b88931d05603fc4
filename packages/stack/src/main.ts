import { resolve } from "node:path";
import { parseArgs } from "node:util";
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
  process.stdout.write(welcome(env.PROXBOX_BIND_HOST, port, dataDir));
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

function welcome(host: string, port: number, dataDir: string): string {
  return `
proxbox-edge listens on http://${host.includes(":") ? `[${host}]` : host}:${port}, its data is in ${dataDir}.

Point the NetBox plugin at it. In NetBox, under Plugins > Proxbox, add a FastAPI endpoint:
  IP address or domain   the address of this machine, as NetBox reaches it
  Port                   ${port}
  Use HTTPS, Verify SSL  off (put a TLS proxy in front where the way is not trusted)
  Token                  any text of 32 characters or more; saving it claims this backend
Then add the NetBox endpoint and the Proxmox endpoints there, and start a full update.

Ctrl-C stops it. Its settings: docs/operations.md.
`;
}
