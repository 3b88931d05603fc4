import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { metadataKeys, parseMetadata } from "./netbox-metadata.ts";

const block = (body: string) => `\`\`\`netbox-metadata\n${body}\n\`\`\``;

describe("parseMetadata", () => {
  test("takes ids of known fields and the note without the block", () => {
    expect(parseMetadata(`Web\n${block('{"site": 3, "tenant": 4}')}\nOwner: ops\n`)).toEqual({
      values: { site: 3, tenant: 4 },
      faults: [],
      note: "Web\nOwner: ops",
    });
  });

  test.each([
    ["CRLF", '```netbox-metadata\r\n{"role": 1}\r\n```\r\n', { role: 1 }],
    ["blanks and case", '  ```  NetBox-Metadata  \n{"role": 1}\n  ```  ', { role: 1 }],
    ["several lines", block('{\n  "platform": 9,\n  "role": 2\n}'), { platform: 9, role: 2 }],
    ["tildes", '~~~netbox-metadata\n{"role": 1}\n~~~', {}],
    ["four backticks", '````netbox-metadata\n{"role": 1}\n````', {}],
    ["text after the tag", '```netbox-metadata x\n{"role": 1}\n```', {}],
    ["closing fence on the JSON line", '```netbox-metadata\n{"role": 1}```', {}],
    ["not closed", '```netbox-metadata\n{"role": 1}\n', {}],
    ["the last of several", `${block('{"role": 1}')}\n${block('{"site": 2}')}`, { site: 2 }],
    ["a broken last one", `${block('{"role": 1}')}\n${block('{"site": ')}`, {}],
    ["no object", block("[1]"), {}],
    ["an empty one", "```netbox-metadata\n```", {}],
  ])("%s", (_, note, values) => {
    expect(parseMetadata(note).values).toEqual(values);
  });

  test.each([
    ['{"role": true}'],
    ['{"role": 1.5}'],
    ['{"role": "1"}'],
    ['{"role": null}'],
    ['{"role": 0}'],
    ['{"role": -1}'],
  ])("%s is refused by name, the rest is taken", (body) => {
    const { values, faults } = parseMetadata(block(body.replace("}", ', "site": 5}')));
    expect(values).toEqual({ site: 5 });
    expect(faults).toEqual(['"role" must be the id of a NetBox object, a whole number above 0.']);
  });

  test.each([["name"], ["vcpus"], ["memory"], ["disk"], ["tags"], ["status"], ["description"], ["__proto__"]])(
    "%s is no field a note may set",
    (key) => {
      const { values, faults } = parseMetadata(block(`{"${key}": 7, "cluster": 2}`));
      expect(values).toEqual({ cluster: 2 });
      expect(faults).toHaveLength(1);
      expect(faults[0]).toStartWith(`"${key}" is not a field`);
    },
  );

  test("all blocks leave the note", () => {
    expect(parseMetadata(`a\n${block("{}")}\nb\n${block("oops")}`).note).toBe("a\nb");
  });

  test("never throws, and values are ids of known fields", () => {
    const note = fc.tuple(fc.string(), fc.oneof(fc.json(), fc.string()), fc.string());
    fc.assert(
      fc.property(note, ([before, body, after]) => {
        const { values } = parseMetadata(`${before}\n${block(body)}\n${after}`);
        for (const [key, value] of Object.entries(values)) {
          expect(metadataKeys.some((known) => known === key)).toBe(true);
          expect(Number.isSafeInteger(value) && value > 0).toBe(true);
        }
      }),
    );
  });
});
