import type { RunAccepted, RunOrder, RunView } from "@proxbox/contracts/http";

/** One event of a run as the gateway's stream carries it. */
export type RunStreamEvent = { id: string | null; event: string; data: unknown };

/** Talks to a gateway as a script would. */
export type GatewayClient = {
  readonly url: string;
  readonly key: string;
  /** Sends JSON and returns the parsed answer. Throws Error with status and body when it is no 2xx. */
  call<T>(method: string, path: string, body?: unknown): Promise<T>;
  startRun(order?: RunOrder): Promise<RunAccepted>;
  run(id: string): Promise<RunView>;
  /** The run's events from the beginning, or after `lastEventId`, until the server ends the stream. */
  events(id: string, options?: { lastEventId?: string; signal?: AbortSignal }): AsyncGenerator<RunStreamEvent>;
  /** Waits until a run is over and returns it; survives a gateway that goes away and comes back. */
  finished(id: string, signal?: AbortSignal): Promise<RunView>;
};

const over = new Set(["done", "failed", "cancelled"]);

/** A client that registers its key when the gateway has none yet. */
export async function connectGateway(url: string, key: string): Promise<GatewayClient> {
  const registered = await fetch(`${url}/auth/register-key`, {
    method: "POST",
    body: JSON.stringify({ api_key: key, label: "lab" }),
    headers: { "content-type": "application/json" },
  });
  if (registered.status !== 201 && registered.status !== 409)
    throw new Error(`The gateway at ${url} did not take the key: ${registered.status} ${await registered.text()}`);
  await registered.body?.cancel();
  return gatewayClient(url, key);
}

/** A client with a key the gateway knows. */
export function gatewayClient(url: string, key: string): GatewayClient {
  const headers = { "X-Proxbox-API-Key": key, "content-type": "application/json" };

  async function call<T>(method: string, path: string, body?: unknown): Promise<T> {
    const response = await fetch(`${url}${path}`, {
      method,
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text}`);
    return (text === "" ? undefined : JSON.parse(text)) as T;
  }

  async function* events(
    id: string,
    options: { lastEventId?: string; signal?: AbortSignal } = {},
  ): AsyncGenerator<RunStreamEvent> {
    const response = await fetch(`${url}/runs/${id}/events`, {
      headers: {
        ...headers,
        accept: "text/event-stream",
        ...(options.lastEventId ? { "Last-Event-ID": options.lastEventId } : {}),
      },
      ...(options.signal ? { signal: options.signal } : {}),
    });
    if (!response.ok || !response.body)
      throw new Error(`The events of run ${id} answered ${response.status}: ${await response.text()}`);
    let buffered = "";
    for await (const chunk of response.body.pipeThrough(
      new TextDecoderStream() as unknown as ReadableWritablePair<string, Uint8Array>,
    )) {
      buffered += chunk;
      for (let end = buffered.indexOf("\n\n"); end >= 0; end = buffered.indexOf("\n\n")) {
        const event = parseFrame(buffered.slice(0, end));
        buffered = buffered.slice(end + 2);
        if (event) yield event;
      }
    }
  }

  async function finished(id: string, signal?: AbortSignal): Promise<RunView> {
    for (;;) {
      signal?.throwIfAborted();
      const view = await call<RunView>("GET", `/runs/${id}`).catch(() => null);
      if (view && over.has(view.phase)) return view;
      await Bun.sleep(200);
    }
  }

  return {
    url,
    key,
    call,
    events,
    finished,
    startRun: (order = {}) => call<RunAccepted>("POST", "/runs", order),
    run: (id) => call<RunView>("GET", `/runs/${id}`),
  };
}

function parseFrame(frame: string): RunStreamEvent | null {
  const fields = new Map(
    frame
      .split("\n")
      .filter((line) => line !== "" && !line.startsWith(":"))
      .map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1).trimStart()]),
  );
  const data = fields.get("data");
  return data === undefined
    ? null
    : { id: fields.get("id") ?? null, event: fields.get("event") ?? "message", data: JSON.parse(data) };
}
