import { describe, expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { findNatsServer } from "@proxbox/runtime/nats-server";
import { programOf, serviceNames } from "@proxbox/stack/services";
import { YAML } from "bun";

const root = join(import.meta.dir, "../../..");
const drainSeconds = 25;

type ComposeService = {
  image: string;
  build?: { args: { SERVICE: string } };
  restart: string;
  stop_grace_period: string;
  depends_on?: { nats: { condition: string } };
  healthcheck?: { test: string[] };
  networks: string[];
  ports?: string[];
};
const compose = YAML.parse(readFileSync(join(root, "compose.yaml"), "utf8")) as {
  services: Record<string, ComposeService>;
};
const { nats, ...ours } = compose.services;

test("compose has every service of the house and nothing else", () => {
  expect(Object.keys(ours).sort()).toEqual([...serviceNames].sort());
  expect(readdirSync(join(root, "services")).sort()).toEqual([...serviceNames].sort());
  for (const name of serviceNames) expect(existsSync(programOf(name)), programOf(name)).toBe(true);
});

describe.each(Object.entries(ours))("container %s", (name, service) => {
  test("is built for its service, waits for the bus, comes back, and has time to drain", () => {
    expect(service.build?.args.SERVICE).toBe(name);
    expect(service.depends_on?.nats.condition).toBe("service_healthy");
    expect(service.restart).toBe("unless-stopped");
    expect(Number.parseInt(service.stop_grace_period, 10)).toBeGreaterThan(drainSeconds);
  });
});

test("only the gateway has a port outside, and nats is on the private network alone", () => {
  const open = Object.entries(compose.services).filter(([, { ports }]) => ports);
  expect(open.map(([name]) => name)).toEqual(["gateway"]);
  expect(nats?.networks).toEqual(["bus"]);
  expect(nats?.healthcheck?.test).toContain("wget");
});

test("nats-server accepts the configuration that compose gives it", () => {
  const checked = Bun.spawnSync([findNatsServer(), "-t", "-c", join(root, "deploy/nats.conf")], {
    env: { NATS_PASSWORD: "for-this-test" },
    stderr: "pipe",
  });
  const said = checked.stderr.toString();
  // Before 2.10 the server does not know sync_interval; compose runs a current one.
  const old = /unknown field "sync_interval"/.test(said);
  expect(checked.exitCode === 0 || old, said).toBe(true);
});
