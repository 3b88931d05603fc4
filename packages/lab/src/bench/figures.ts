/** What a benchmark found: units stand in the names. */
export type Figures = Record<string, unknown>;

/** A benchmark; `quick` asks for a size that takes seconds. It reports and never judges: machines differ. */
export type Bench = (quick: boolean) => Promise<Figures>;

/** A number with so many digits that two runs on one machine agree on most of them. */
export function rounded(value: number): number {
  return Number.isFinite(value) ? Number(value.toPrecision(4)) : 0;
}

/** How many times `left` is `right`; 0 when there is nothing to compare with. */
export function ratio(left: number, right: number): number {
  return right === 0 ? 0 : rounded(left / right);
}

/** The value below which a share (0 to 1) of the values lies; 0 without values. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((left, right) => left - right);
  return rounded(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0);
}
