/** Requests of one path by method. */
export type Methods = { GET: number; POST: number; PATCH: number; DELETE: number; PUT: number };

/** What was asked of the simulated NetBox since the last reset. */
export type Counts = {
  requests: number;
  reads: number;
  writes: number;
  /** Objects created, changed or deleted by requests that succeeded. */
  objectsWritten: number;
  /** Requests answered with a status of 400 or more, or not at all. */
  refused: number;
  /** Those of them that came while as many as the capacity allows were at work. */
  turnedAway: number;
  /** Change records written. */
  changes: number;
  /** By path of the model, without `/api/` and ids: "virtualization/virtual-machines". */
  byPath: Record<string, Methods>;
};

/** Counts at zero. */
export const noCounts = (): Counts => ({
  requests: 0,
  reads: 0,
  writes: 0,
  objectsWritten: 0,
  refused: 0,
  turnedAway: 0,
  changes: 0,
  byPath: {},
});

/** Counts one request as it comes in. */
export const countRequest = (counts: Counts, method: string, path: string): void => {
  counts.requests += 1;
  if (method === "GET" || method === "HEAD" || method === "OPTIONS") counts.reads += 1;
  else counts.writes += 1;
  counts.byPath[path] ??= { GET: 0, POST: 0, PATCH: 0, DELETE: 0, PUT: 0 };
  const methods = counts.byPath[path];
  if (method in methods) methods[method as keyof Methods] += 1;
};
