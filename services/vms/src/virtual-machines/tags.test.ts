import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { assignSlugs } from "./tags.ts";

describe("assignSlugs", () => {
  const cases: {
    what: string;
    names: string[];
    existing?: [string, string][];
    slugs: Record<string, string | RegExp>;
  }[] = [
    { what: "a new tag", names: ["web"], slugs: { web: "web" } },
    {
      what: "an operator's tag of another case is used, not renamed",
      names: ["production"],
      existing: [["Production", "production"]],
      slugs: { production: "production" },
    },
    {
      what: "an operator's tag of the same name is found under its own slug",
      names: ["db"],
      existing: [["DB", "databases"]],
      slugs: { db: "databases" },
    },
    {
      what: "tags that would share a slug stay two",
      names: ["a+b", "a-b"],
      slugs: { "a+b": "a-b", "a-b": /^a-b-[0-9a-f]{6}$/ },
    },
    {
      what: "the guest tag proxbox is our own tag",
      names: ["proxbox"],
      existing: [["Proxbox", "proxbox"]],
      slugs: { proxbox: "proxbox" },
    },
    { what: "a name without letters", names: ["_"], slugs: { _: "tag" } },
  ];
  for (const { what, names, existing, slugs } of cases) {
    test(what, () => {
      const assigned = assignSlugs(
        names,
        (existing ?? []).map(([name, slug]) => ({ name, slug })),
      );
      expect(Object.keys(assigned).sort()).toEqual(Object.keys(slugs).sort());
      for (const [name, slug] of Object.entries(slugs)) {
        if (typeof slug === "string") expect(assigned[name]).toBe(slug);
        else expect(assigned[name]).toMatch(slug);
      }
    });
  }

  test("two names never share a slug, and a second run finds what the first one made", () => {
    const anyTag = fc.stringMatching(/^[a-z0-9_][a-z0-9_+.-]{0,12}$/);
    fc.assert(
      fc.property(fc.uniqueArray(anyTag, { maxLength: 12 }), (names) => {
        const slugs = assignSlugs(names, []);
        expect(new Set(Object.values(slugs)).size).toBe(names.length);
        expect(
          assignSlugs(
            names,
            Object.entries(slugs).map(([name, slug]) => ({ name, slug })),
          ),
        ).toEqual(slugs);
      }),
    );
  });
});
