import { afterAll, describe, expect, test } from "bun:test";
import known from "../fixtures/netbox/known-differences.json";
import type { PluginRelease } from "../src/netbox/models/plugin-parts.ts";
import { type Exchange, loadExchanges, type Outcome, replayCase } from "./netbox-replay.ts";

const RELEASES: readonly PluginRelease[] = ["0.0.24", "0.0.29.post6"];

const label = ({ exchange }: Outcome) => `${exchange.case} ${exchange.n}`;

const said = (outcome: Outcome): string => {
  const { method, path, query } = outcome.exchange.request;
  return `${label(outcome)}: ${method} ${path}${query ? `?${query}` : ""}: ${outcome.difference}`;
};

/** Every case starts from an empty NetBox and is replayed in order; what differs must be known, and what is known must differ. */
for (const release of RELEASES) {
  const exchanges = await loadExchanges(release);
  const cases = Map.groupBy(exchanges, (exchange) => exchange.case);
  const ofRelease = known.filter((entry) => entry.release === undefined || entry.release === release);
  const reasons = new Map(ofRelease.map(({ case: name, n, reason }) => [`${name} ${n}`, reason]));
  const tally = { agree: 0, differ: 0 };

  describe(`exchanges recorded with NetBox 4.6.8 and netbox-proxbox ${release}`, () => {
    test.each([...cases.keys()])("%s", async (name) => {
      const outcomes = await replayCase(cases.get(name) as Exchange[], release);
      const differing = outcomes.filter((outcome) => outcome.difference !== undefined);
      tally.agree += outcomes.length - differing.length;
      tally.differ += differing.length;
      expect(differing.filter((outcome) => !reasons.has(label(outcome))).map(said)).toEqual([]);
      const healed = outcomes.filter((outcome) => outcome.difference === undefined && reasons.has(label(outcome)));
      expect(healed.map(label)).toEqual([]);
    });

    test("every known difference is one of the exchanges", () => {
      const labels = new Set(exchanges.map(({ case: name, n }) => `${name} ${n}`));
      expect([...reasons.keys()].filter((name) => !labels.has(name))).toEqual([]);
    });

    test("at least 95 % agree", () => {
      expect(tally.agree / (tally.agree + tally.differ)).toBeGreaterThanOrEqual(0.95);
    });

    afterAll(async () => {
      const all = tally.agree + tally.differ;
      const share = ((100 * tally.agree) / all).toFixed(1);
      const summary = `${tally.agree} of ${all} recorded exchanges agree (${share} %), ${tally.differ} differ as listed`;
      await Bun.write(Bun.stdout, `\n${release}: ${summary}\n`);
    });
  });
}
