import { readFileSync } from "node:fs";
import { join } from "node:path";
import { sleep } from "@proxbox/runtime/retry";
import type { EstateCluster } from "./estate.ts";
import { createFaults, damaged, type Fault, isDelay, jsonHeaders, refused } from "./faults.ts";
import { createGate } from "./login.ts";
import { Refusal } from "./refusal.ts";
import { answer, type Call, findRoute } from "./routes.ts";

/** Where a simulated endpoint listens; default: any free port of 127.0.0.1. */
export type SimulationOptions = { host?: string; port?: number };

/** One simulated endpoint: Proxmox VE 9.2 over HTTPS with a certificate signed by itself. */
export type SimulatedProxmox = AsyncDisposable & {
  readonly url: string;
  readonly host: string;
  readonly port: number;
  /** What it shows; change it between runs with change.ts. */
  readonly cluster: EstateCluster;
  /** Requests since the start or the last reset, by path as in routes.ts; others count as `other`. */
  counts(): Record<string, number>;
  /** The most requests in flight at once, by node; "" for paths without node. */
  mostInFlight(): Record<string, number>;
  resetCounts(): void;
  fault(fault: Fault): void;
  clearFaults(): void;
  /** Stops listening: connections are refused until `up`. */
  down(): Promise<void>;
  /** Listens again at the same port. */
  up(): void;
};

/** The certificate of every simulated endpoint: for localhost and 127.0.0.1, valid until 2126, key public. */
export const certificate = {
  cert: readFileSync(join(import.meta.dir, "../../fixtures/proxmox/server.crt"), "utf8"),
  key: readFileSync(join(import.meta.dir, "../../fixtures/proxmox/server.key"), "utf8"),
};

/** Starts an endpoint that shows a cluster. It knows the user and token of login.ts. */
export async function startProxmox(cluster: EstateCluster, options: SimulationOptions = {}): Promise<SimulatedProxmox> {
  const { host = "127.0.0.1" } = options;
  const faults = createFaults();
  const gate = createGate();
  const meter = createMeter();

  async function respond(request: Request): Promise<Response> {
    const url = new URL(request.url);
    const path = decodeURIComponent(url.pathname).replace(/^\/api2\/json/, "");
    const route = findRoute(path);
    const call: Call = { template: "other", params: {}, ...route, path, query: url.searchParams };
    if (path === "/access/ticket") call.template = path;
    using _ = meter.enter(call);
    const damage = faults.take(call);
    if (typeof damage === "object") await sleep(damage?.delayMs ?? 0);
    if (damage && !isDelay(damage)) return damaged(damage, () => JSON.stringify({ data: answer(cluster, call) }));
    if (request.method === "POST" && path === "/access/ticket") return await login(request);
    if (!gate.admits(request)) return refused(401, "authentication failure");
    if (!route || request.method !== "GET") return refused(501, `Method '${request.method} ${path}' not implemented`);
    return new Response(JSON.stringify({ data: answer(cluster, call) }), { headers: jsonHeaders });
  }

  async function login(request: Request): Promise<Response> {
    const data = gate.login(new URLSearchParams(await request.text()));
    return data
      ? new Response(JSON.stringify({ data }), { headers: jsonHeaders })
      : refused(401, "authentication failure");
  }

  const listen = (port: number) =>
    Bun.serve({
      hostname: host,
      port,
      tls: certificate,
      idleTimeout: 60,
      fetch: (request) =>
        respond(request).catch((thrown) => {
          if (thrown instanceof Refusal) return refused(thrown.status, thrown.message);
          throw thrown;
        }),
    });
  let server: ReturnType<typeof listen> | null = listen(options.port ?? 0);
  const port = server.port ?? 0;
  const down = async () => {
    await server?.stop(true);
    server = null;
  };
  return {
    url: `https://${host}:${port}`,
    host,
    port,
    cluster,
    counts: () => Object.fromEntries(meter.requests),
    mostInFlight: () => Object.fromEntries(meter.most),
    resetCounts: meter.reset,
    fault: faults.add,
    clearFaults: faults.clear,
    down,
    up: () => {
      server ??= listen(port);
    },
    [Symbol.asyncDispose]: down,
  };
}

function createMeter() {
  const requests = new Map<string, number>();
  const inFlight = new Map<string, number>();
  const most = new Map<string, number>();
  return {
    requests,
    most,
    enter({ template, params }: Call): Disposable {
      const node = params.node ?? "";
      const now = (inFlight.get(node) ?? 0) + 1;
      requests.set(template, (requests.get(template) ?? 0) + 1);
      inFlight.set(node, now);
      most.set(node, Math.max(most.get(node) ?? 0, now));
      return { [Symbol.dispose]: () => void inFlight.set(node, (inFlight.get(node) ?? 1) - 1) };
    },
    reset() {
      requests.clear();
      most.clear();
    },
  };
}
