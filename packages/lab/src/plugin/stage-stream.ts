import type { PluginRelease } from "../netbox/models/plugin-parts.ts";
import { ask, type Backend, send } from "./backend.ts";
import { type FailedTry, isTriedAgain, pauseBeforeRetry, stageFailureText, streamRefusalText } from "./failure-text.ts";
import { checkKey, type Wait } from "./keys.ts";
import { type ReaderOptions, readStream, type StreamReading } from "./sse-reader.ts";

/** One stage of a job as it is asked for. */
export type StageCall = {
  stage: string;
  /** With `/stream`, without a slash before. */
  path: string;
  query: Record<string, string>;
};

/** What a stage came to: the streams that were read, one for each try that got one, and what the job's page says. */
export type StageReport = StageCall & {
  ok: boolean;
  /** What the page of the job says of the failure; null when there was none. */
  text: string | null;
  tries: FailedTry[];
  readings: StreamReading[];
  seconds: number;
};

/** How stages are asked for. */
export type StageOptions = {
  backend: Backend;
  release: PluginRelease;
  wait: Wait;
  reader?: ReaderOptions;
  signal?: AbortSignal | undefined;
};

type Try = FailedTry & { retryAfter: string | null };

const mostTries = 3;

/** Asks whether the backend is ready until it says so; null then, otherwise why it is not. Status 200 is all that counts. */
export async function untilReady(backend: Backend, wait: Wait, attempts = 30): Promise<string | null> {
  let pause = 1;
  for (let attempt = 1; ; attempt++) {
    const { status, text, isRedirect } = await ask(backend, "GET", "/health", { seconds: 5 });
    if (status === 200) return null;
    if (attempt === attempts || isRedirect) return `HTTP ${status}: ${text.slice(0, 200)}`;
    await wait(pause * 1_000);
    pause = Math.min(30, pause * 1.5);
  }
}

/** Runs a stage as a job does: readiness, one stream, and up to two more where a second try may help. */
export async function runStage(options: StageOptions, call: StageCall): Promise<StageReport> {
  const begun = performance.now();
  const tries: Try[] = [];
  const readings: StreamReading[] = [];
  const report = (ok: boolean, text: string | null): StageReport => {
    const seconds = (performance.now() - begun) / 1_000;
    return { ...call, ok, text, tries: tries.map(({ retryAfter: _, ...told }) => told), readings, seconds };
  };
  for (let index = 0; ; index++) {
    options.signal?.throwIfAborted();
    const failed = await tryStage(options, call, readings);
    if (!failed) return report(true, null);
    tries.push(failed);
    if (index === mostTries - 1 || !isTriedAgain(failed.status, failed.detail)) break;
    await options.wait(pauseBeforeRetry(options.release, index, failed.retryAfter));
  }
  return report(false, stageFailureText(options.release, call.stage, tries));
}

/** Null when the stage is done; otherwise why it is not. */
async function tryStage(options: StageOptions, call: StageCall, readings: StreamReading[]): Promise<Try | null> {
  const { backend, wait, reader, signal } = options;
  const notReady = await untilReady(backend, wait);
  if (notReady !== null) return transport(`Backend not ready: ${notReady}`);
  for (let isSecond = false; ; isSecond = true) {
    try {
      const response = await send(backend, "GET", `/${call.path}`, { query: call.query, seconds: 3_600, signal });
      if (response.status < 300) {
        const reading = await readStream(response, reader);
        readings.push(reading);
        const { status, detail, kind } = reading.outcome;
        return kind === null ? null : { status, detail: detail ?? "", kind, retryAfter: null };
      }
      const refused = await refusalOf(options.release, response);
      // A key that was changed meanwhile is asked about once, and the call repeated.
      const mayRepeat = refused.status === 401 && refused.detail.includes("API key") && !isSecond;
      if (!mayRepeat || (await checkKey(backend)).verdict !== "accepted") return refused;
    } catch (error) {
      signal?.throwIfAborted();
      return transport(`GET /${call.path}: ${String(error)}`);
    }
  }
}

async function refusalOf(release: PluginRelease, response: Response): Promise<Try> {
  const { status } = response;
  const text = await response.text();
  if (status < 400) return { ...transport("The backend's redirects are not permitted."), status: 502 };
  const retryAfter = response.headers.get("retry-after");
  try {
    return { status, detail: streamRefusalText(release, status, JSON.parse(text)), kind: "application", retryAfter };
  } catch {
    return { status, detail: `HTTP ${status}`, kind: status < 500 ? "application" : "transport", retryAfter };
  }
}

function transport(detail: string): Try {
  return { status: 503, detail, kind: "transport", retryAfter: null };
}
