import { ProxboxError } from "./errors.ts";
import { hidden, hideInText } from "./hide-in-text.ts";

/** Takes the secrets of one connection out of what the other side, or a library, says of it. */
export type Scrub = {
  text(text: string): string;
  /**
   * What was thrown, as it is, and errors of ours always; another that says a secret becomes one that does not, with the same
   * name and code.
   */
  thrown(thrown: unknown): unknown;
};

/** A scrub of these secrets, asked for each time because a login changes them; of whatever has the shape of one too. */
export function createScrub(secretsNow: () => readonly string[]): Scrub {
  const text = (said: string) => {
    const forms = secretsNow().flatMap((secret) => [
      secret,
      encodeURIComponent(secret.toWellFormed()),
      JSON.stringify(secret).slice(1, -1),
    ]);
    const longestFirst = [...new Set(forms)].filter((form) => form !== "").sort((a, b) => b.length - a.length);
    if (longestFirst.length === 0) return hideInText(said);
    return hideInText(said.replace(new RegExp(longestFirst.map(patternOf).join("|"), "gu"), hidden));
  };
  return {
    text,
    thrown: (thrown) => {
      if (thrown instanceof ProxboxError) return thrown;
      if (!(thrown instanceof Error)) return typeof thrown === "string" ? text(thrown) : thrown;
      const message = text(thrown.message);
      if (message === thrown.message) return thrown;
      const { code } = thrown as { code?: unknown };
      return Object.assign(new Error(message), { name: thrown.name, ...(code === undefined ? {} : { code }) });
    },
  };
}

const shortestAnywhere = 8;

// A short one is hidden where it stands alone: inside of words it would garble every sentence, and tell itself by that.
function patternOf(form: string): string {
  const literal = RegExp.escape(form);
  return form.length < shortestAnywhere ? `(?<![\\p{L}\\p{N}])${literal}(?![\\p{L}\\p{N}])` : literal;
}
