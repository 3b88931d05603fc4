import { connect } from "node:net";

/**
 * Sends bytes as no client of HTTP would, and resolves with everything that came back when the connection is closed, or
 * after `ms`: what is kept open without an answer says nothing more then.
 */
export function raw(port: number, bytes: string | readonly string[], ms = 5_000): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  let text = "";
  const socket = connect(port, "127.0.0.1", () => {
    for (const piece of [bytes].flat()) socket.write(piece, "latin1");
  });
  const late = setTimeout(() => socket.destroy(), ms);
  socket.on("data", (data) => {
    text += data.toString("latin1");
  });
  // Closed by the other side while we still send: what it said counts.
  socket.on("error", () => {});
  socket.on("close", () => {
    clearTimeout(late);
    resolve(text);
  });
  return promise;
}

/** The statuses of all answers in what came back. */
export function statusesIn(text: string): number[] {
  return [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
}

/** One request, closed after its answer. */
export function requestOf(method: string, target: string, headers: Record<string, string> = {}, body = ""): string {
  const length = body === "" ? {} : { "content-length": String(body.length) };
  const lines = Object.entries({ host: "backend:8800", connection: "close", ...length, ...headers });
  return `${method} ${target} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n${body}`;
}
