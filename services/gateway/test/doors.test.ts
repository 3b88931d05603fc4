import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { openPaths } from "../src/access/auth.ts";
import { raw, requestOf, statusesIn } from "./raw.ts";
import { type Bench, jsonOf, startBench } from "./support.ts";

setDefaultTimeout(60_000);

let bench: Bench;
let paths: string[];
let callers = 0;

beforeAll(async () => {
  bench = await startBench({ PROXBOX_TRUSTED_PROXIES: "127.0.0.1" });
  const document = await jsonOf<{ paths: Record<string, unknown> }>(bench.call("GET", "/openapi.json"));
  paths = Object.keys(document.paths);
});
afterAll(() => bench[Symbol.asyncDispose]());

/** A wrong key, each time from somebody else, so that nobody is locked out. */
function wrongKey(): Record<string, string> {
  callers += 1;
  return {
    "x-proxbox-api-key": `wrong-${callers}`,
    "x-forwarded-for": `10.${callers >> 16}.${(callers >> 8) & 255}.${callers & 255}`,
  };
}

async function answersOf(requests: readonly string[]): Promise<string[]> {
  const answers: string[] = [];
  for (let from = 0; from < requests.length; from += 32)
    answers.push(
      ...(await Promise.all(requests.slice(from, from + 32).map((bytes) => raw(bench.gateway.port, bytes)))),
    );
  return answers;
}

const methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "TRACE", "CONNECT", "PROPFIND"];
const closed = () => paths.filter((path) => !openPaths.has(path)).map((path) => path.replace(/\{\w+\}/g, "1"));

describe("every path but the open ones, by bytes", () => {
  test.each(methods)("%s is 401 without a key and with a wrong one", async (method) => {
    expect(closed().length).toBeGreaterThan(100);
    const requests = closed().flatMap((path) => [
      requestOf(method, path),
      requestOf(method, path, wrongKey()),
      requestOf(method, path, { ...wrongKey(), "content-type": "application/json" }, "{}"),
    ]);
    const statuses = (await answersOf(requests)).map((text) => statusesIn(text)[0]);
    expect(statuses.filter((status) => status !== 401)).toEqual([]);
  });

  test("a socket is refused before it is one", async () => {
    const upgrade = {
      connection: "Upgrade",
      upgrade: "websocket",
      "sec-websocket-version": "13",
      "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
    };
    const requests = closed().flatMap((path) => [
      requestOf("GET", path, upgrade),
      requestOf("GET", path, { ...upgrade, ...wrongKey() }),
    ]);
    // Kept open by the word Upgrade, so the first line has to do.
    const first = (await Promise.all(requests.map((bytes) => raw(bench.gateway.port, bytes, 2_000)))).map(
      (text) => statusesIn(text)[0],
    );
    expect(first.filter((status) => status !== 401)).toEqual([]);
  });

  test("written another way it is no more open", async () => {
    const ways: ((path: string) => string)[] = [
      (path) => `/${path}`,
      (path) => `/.${path}`,
      (path) => `/health/..${path}`,
      (path) => `/health/%2e%2e${path}`,
      (path) => `/health/..;${path}`,
      (path) => `/health;${path}`,
      (path) => `/health#${path}`,
      (path) => `/health\\..${path}`,
      (path) => `/health%2f..%2f${path.slice(1)}`,
      (path) => `${path}/`,
      (path) => `${path}//`,
      (path) => `${path}/.`,
      (path) => `${path}/%2e`,
      (path) => `${path};x=/health`,
      (path) => `${path}?/health`,
      (path) => `${path}#/health`,
      (path) => `${path}%00`,
      (path) => path.toUpperCase(),
      (path) => `/%${path.charCodeAt(1).toString(16)}${path.slice(2)}`,
      (path) => `http://backend:8800${path}`,
      (path) => `https://a.example/health/..${path}`,
      (path) => `http://h/ealth?/..${path}`,
    ];
    const requests = closed().flatMap((path) => ways.map((way) => requestOf("GET", way(path))));
    const statuses = (await answersOf(requests)).map((text) => statusesIn(text)[0]);
    expect(statuses.filter((status) => status !== 401)).toEqual([]);
  });
});

describe("one path that is closed", () => {
  const closedPath = "/proxmox/endpoints";
  const plain = (lines: string, body = "") => `${lines}\r\n\r\n${body}`;

  test.each<[string, string, number[]]>([
    ["a method told in a header", requestOf("GET", closedPath, { "x-http-method-override": "OPTIONS" }), [401]],
    ["another path told in a header", requestOf("GET", closedPath, { "x-original-url": "/health" }), [401]],
    ["this path told to an open one", requestOf("GET", "/health", { "x-original-url": closedPath }), [200]],
    ["HTTP/1.0", plain(`GET ${closedPath} HTTP/1.0\r\nHost: backend`), [401]],
    ["HTTP/1.0 without a Host", plain(`GET ${closedPath} HTTP/1.0`), [400]],
    ["HTTP/1.1 without a Host", plain(`GET ${closedPath} HTTP/1.1\r\nConnection: close`), [400]],
    ["HTTP/0.9", plain(`GET ${closedPath}`), [505]],
    ["HTTP/2 at once", plain("PRI * HTTP/2.0", "SM\r\n\r\n"), [400]],
    ["two Hosts", plain(`GET ${closedPath} HTTP/1.1\r\nHost: backend\r\nHost: a/health\r\nConnection: close`), [401]],
    ["a target that is none", plain("GET proxmox/endpoints HTTP/1.1\r\nHost: backend\r\nConnection: close"), [400]],
    ["two targets", plain(`GET /health ${closedPath} HTTP/1.1\r\nHost: backend\r\nConnection: close`), [505]],
    [
      "in one go behind an open one",
      `${requestOf("GET", "/health", { connection: "keep-alive" })}${requestOf("GET", closedPath)}`,
      [200, 401],
    ],
    [
      "a body in chunks",
      requestOf("POST", closedPath, { "transfer-encoding": "chunked" }).concat("2\r\n{}\r\n0\r\n\r\n"),
      [401],
    ],
    [
      "a body of two lengths, and a request in it",
      requestOf("POST", "/auth/register-key", { "transfer-encoding": "chunked", "content-length": "4" }).concat(
        `0\r\n\r\n${requestOf("GET", closedPath)}`,
      ),
      [400],
    ],
    ["a header too long", requestOf("GET", closedPath, { "x-long": "a".repeat(20_000) }), [431]],
    ["a key too long", requestOf("GET", closedPath, { "x-proxbox-api-key": "k".repeat(20_000) }), [431]],
    ["a path too long", requestOf("GET", `${closedPath}?${"a".repeat(20_000)}`), [431]],
    ["a key in the query", requestOf("GET", `${closedPath}?x-proxbox-api-key=KEY&api_key=KEY`), [401]],
    ["a key as Authorization", requestOf("GET", closedPath, { authorization: "Bearer KEY" }), [401]],
    ["a key in a cookie", requestOf("GET", closedPath, { cookie: "x-proxbox-api-key=KEY" }), [401]],
    ["an empty key and a true one", requestOf("GET", closedPath, { "x-proxbox-api-key": ", KEY" }), [401]],
    ["X-Forwarded-For of this machine", requestOf("GET", closedPath, { "x-forwarded-for": "127.0.0.1" }), [401]],
  ])("%s", async (_, bytes, statuses) => {
    const text = await raw(bench.gateway.port, bytes.replaceAll("KEY", bench.key), 2_000);
    expect(statusesIn(text)).toEqual(statuses);
    expect(text).not.toContain("ip_address");
  });

  test("OPTIONS is told what a browser must know, and nothing of what there is", async () => {
    const targets = [closedPath, "/nothing", "/auth/keys", "*"];
    const answers = await answersOf(targets.map((target) => requestOf("OPTIONS", target)));
    const said = answers.map((text) => text.replace(/^date: .*$/im, ""));
    expect(said[0]).toStartWith("HTTP/1.1 204");
    expect(said.slice(0, 3)).toEqual([said[0] ?? "", said[0] ?? "", said[0] ?? ""]);
    expect(said[0]?.split("\r\n\r\n")[1]?.trim()).toBe("");
  });
});

test("PROXBOX_OPEN_LOGS opens two reads and nothing else", async () => {
  await using open = await bench.another({ PROXBOX_OPEN_LOGS: "true" });
  const statusOf = async (method: string, target: string) =>
    statusesIn(await raw(open.port, requestOf(method, target), 2_000))[0];
  expect([await statusOf("GET", "/admin/logs"), await statusOf("GET", "/admin/logs/stream")]).toEqual([200, 200]);
  const rest = closed().filter((path) => !path.startsWith("/admin/logs"));
  const answers = await Promise.all(
    [...rest, "/admin", "/admin/logs/..", "/admin/logs/x", "/admin/logs/stream/x", "/admin/logs//stream"].map((path) =>
      statusOf("GET", path),
    ),
  );
  expect(answers.filter((status) => status !== 401)).toEqual([]);
  for (const method of ["POST", "PUT", "DELETE", "PATCH"])
    expect([method, await statusOf(method, "/admin/logs")]).not.toEqual([method, 200]);
});
